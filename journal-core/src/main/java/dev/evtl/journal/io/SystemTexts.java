package dev.evtl.journal.io;

import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Set;

/**
 * Recognizes errors of the operating system by their texts, for any thread. The JVM tells of a failed call only the text
 * that the C library has for it, in the language of the process.
 */
final class SystemTexts {
    private static final String NO_SPACE = "No space left on device";
    private static final String QUOTA = "Disk quota exceeded";
    private static final Path FULL_DEVICE = Path.of("/dev/full");
    /** Where glibc finds its translations; Ubuntu has a second folder. */
    private static final Path SHARED = Path.of("/usr/share");

    private static final int CATALOG_MAGIC = 0x950412de;

    private SystemTexts() {}

    /** Returns whether a text says that the disk is full. */
    static boolean saysNoSpace(final String text) {
        return text.contains(NO_SPACE) || text.contains(noSpaceHere());
    }

    /** Returns whether a text says that the quota of a disk is used up. */
    static boolean saysQuota(final String text) {
        return text.contains(QUOTA) || translations(QUOTA).stream().anyMatch(text::contains);
    }

    /** Returns how this process is told of a full disk: so by every write to a device that is always full. */
    private static String noSpaceHere() {
        try (FileChannel full = Uninterruptible.open(FULL_DEVICE, WRITE)) {
            full.write(ByteBuffer.allocate(1));
        } catch (final IOException e) {
            if (Files.isWritable(FULL_DEVICE) && e.getMessage() != null) {
                return e.getMessage();
            }
        }
        return NO_SPACE;
    }

    /** Returns what a text of the C library is in each language that is installed: no device has every error. */
    private static Set<String> translations(final String text) {
        final Set<String> found = new HashSet<>();
        try (DirectoryStream<Path> folders = Files.newDirectoryStream(SHARED, "locale*")) {
            for (final Path folder : folders) {
                try (DirectoryStream<Path> languages = Files.newDirectoryStream(folder)) {
                    for (final Path language : languages) {
                        final Path catalog = language.resolve("LC_MESSAGES/libc.mo");
                        if (Files.isReadable(catalog)) {
                            addTranslation(ByteBuffer.wrap(Files.readAllBytes(catalog)), text, found);
                        }
                    }
                }
            }
        } catch (final IOException e) {
            return found; // what could not be read translates nothing
        }
        return found;
    }

    /** Adds the translation in a message catalog of GNU gettext, if it has one. */
    private static void addTranslation(final ByteBuffer catalog, final String text, final Set<String> found) {
        catalog.order(ByteOrder.LITTLE_ENDIAN);
        if (catalog.capacity() < 20 || catalog.getInt(0) != CATALOG_MAGIC) {
            return;
        }
        final int originals = catalog.getInt(12);
        final int translations = catalog.getInt(16);
        for (int i = 0; i < catalog.getInt(8); i++) {
            if (text.equals(string(catalog, originals + 8 * i))) {
                found.add(string(catalog, translations + 8 * i));
            }
        }
    }

    private static String string(final ByteBuffer catalog, final int entry) {
        return new String(catalog.array(), catalog.getInt(entry + 4), catalog.getInt(entry), StandardCharsets.UTF_8);
    }
}
