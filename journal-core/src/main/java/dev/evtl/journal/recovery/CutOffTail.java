package dev.evtl.journal.recovery;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;
import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.Uninterruptible;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Keeps the bytes that a recovery cuts off a journal, on the thread that recovers it. The bytes from offset E to the
 * last one that is not zero go into a file {@code NAME.cut-E} beside the journal, or {@code NAME.cut-E.2} and so on if
 * an earlier recovery kept other bytes there.
 */
public final class CutOffTail {
    private static final int BUFFER_LENGTH = 1 << 16;

    private CutOffTail() {}

    /** Returns the file that holds the bytes already, or the first free name. Changes nothing. */
    public static Path choose(final Path journal, final FileChannel channel, final long from, final long to)
            throws IOException {
        final Path first = journal.resolveSibling(journal.getFileName() + ".cut-" + from);
        Path file = first;
        for (int number = 2; Files.exists(file, NOFOLLOW_LINKS) && !holds(file, channel, from, to); number++) {
            file = journal.resolveSibling(first.getFileName() + "." + number);
        }
        return file;
    }

    /**
     * Returns whether a file holds every byte of the journal's tail. Bytes that are zero in the tail are not compared:
     * a recovery that was stopped while it wrote the zeros has kept them before.
     */
    private static boolean holds(final Path file, final FileChannel channel, final long from, final long to)
            throws IOException {
        if (!Files.isRegularFile(file) || !Files.isReadable(file)) {
            return false;
        }
        try (FileChannel kept = Uninterruptible.open(file, READ)) {
            final ByteBuffer tail = ByteBuffer.allocate(BUFFER_LENGTH);
            final ByteBuffer copy = ByteBuffer.allocate(BUFFER_LENGTH);
            boolean same = kept.size() >= to - from;
            for (long offset = from; same && offset < to; offset += BUFFER_LENGTH) {
                final int length = (int) Math.min(BUFFER_LENGTH, to - offset);
                FileCalls.read(channel, tail.clear().limit(length), offset);
                FileCalls.read(kept, copy.clear().limit(length), offset - from);
                for (int i = 0; i < length; i++) {
                    same &= tail.get(i) == 0 || tail.get(i) == copy.get(i);
                }
            }
            return same;
        }
    }

    /**
     * Copies the bytes to a file that appears under its name only when it is complete, and forces it. A file that
     * exists is kept and forced.
     */
    public static void save(
            final Path file, final Path journal, final FileChannel channel, final long from, final long to)
            throws IOException {
        if (Files.exists(file)) {
            try (FileChannel kept = Uninterruptible.open(file, READ)) {
                FileCalls.force(file, kept);
            }
        } else {
            copy(file, journal, channel, from, to);
        }
        FileCalls.forceDirectory(file);
    }

    private static void copy(
            final Path file, final Path journal, final FileChannel channel, final long from, final long to)
            throws IOException {
        final FileCalls.Content content = (unfinished, copy) -> {
            final ByteBuffer bytes = ByteBuffer.allocateDirect(BUFFER_LENGTH);
            for (long offset = from; offset < to; offset += BUFFER_LENGTH) {
                FileCalls.read(channel, bytes.clear().limit((int) Math.min(BUFFER_LENGTH, to - offset)), offset);
                FileCalls.write(copy, bytes.flip(), offset - from);
            }
            FileCalls.force(unfinished, copy);
        };
        FileCalls.make(
                file,
                to - from,
                "could not keep the bytes that recovery would cut off",
                content,
                FileCalls.permissionsOf(journal));
    }
}
