package dev.evtl.journal.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a failure of the system is called, in whatever language the system tells of it. */
class IoFailuresTest {
    private static final int MIB = 1 << 20;
    private static final Path CATALOG = Path.of("/usr/share/locale/de/LC_MESSAGES/libc.mo");

    @TempDir
    Path directory;

    @Test
    void fullDiskHasItsExceptionInEveryLanguage() throws Exception {
        assumeTrue(Files.exists(CATALOG), "the messages of the C library are not installed in German");
        final Tmpfs tmpfs = Tmpfs.mount(directory, MIB);
        try {
            Events.fillDisk(directory.resolve("filler"));
            final Process child = ChildJvm.start(
                    Duration.ofMinutes(1),
                    List.of("env", "LC_ALL=C.UTF-8", "LANGUAGE=de"),
                    List.of(ChildJvm.FLAG, "-Dfile.encoding=UTF-8"),
                    Opener.class,
                    directory.resolve("f.evtl").toString());
            final String said = ChildJvm.output(child);
            assertFalse(said.contains("No space left on device"), "it was not told in German: " + said);
            assertTrue(said.startsWith("DiskFullException: "), said);
        } finally {
            tmpfs.close();
        }
    }

    static final class Opener {
        public static void main(final String[] args) {
            try (Journal journal = Journal.open(
                    Path.of(args[0]), JournalConfig.builder().initialSize(8192).build())) {
                System.out.println("opened " + journal);
            } catch (final JournalException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage() + " " + e.getCause());
            }
        }
    }

    @Test
    void quotaIsCalledSoInEveryLanguageThatIsInstalled() {
        final JournalException english = classify("Disk quota exceeded");
        assertInstanceOf(DiskFullException.class, english);
        assertTrue(
                english.getMessage().contains("the disk quota leaves no space for 5000 bytes more"), english::toString);
        assumeTrue(Files.exists(CATALOG), "the messages of the C library are not installed in German");
        assertEquals(
                english.getMessage(),
                classify("Der zugewiesene Plattenplatz (Quota) ist überschritten")
                        .getMessage());
    }

    @Test
    void otherFailureKeepsTheWordsOfTheSystem() {
        final JournalException e = classify("Input/output error");
        assertEquals(JournalException.class, e.getClass());
        assertEquals(directory.resolve("f") + ": could not grow: Input/output error", e.getMessage());
    }

    /** As on a file system without inodes, or a btrfs whose metadata is full. */
    @Test
    void refusalInSpiteOfFreeSpaceSaysWhatMayBeMissing() {
        final String message = classify("No space left on device").getMessage();
        assertTrue(message.contains("although") && message.contains("df -i") && message.contains("btrfs"), message);
    }

    private JournalException classify(final String text) {
        return IoFailures.classify(directory.resolve("f"), 5000, "could not grow", new IOException(text));
    }
}
