package dev.evtl.journal.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Told of each call by which a journal's files are changed or brought to the device, on the thread that makes it. Tests
 * use one to know what a crash of the machine may leave, or to make a call fail.
 */
public interface FileWatcher {
    /** What the call does. Stores into a mapping are no calls. */
    enum Call {
        WRITE,
        /** A write that is on the device when it returns. */
        WRITE_THROUGH,
        FORCE,
        FORCE_DIRECTORY,
        TRUNCATE,
        RENAME,
        DELETE
    }

    /** Lets every call through. */
    FileWatcher NONE = (call, file, from, to) -> {};

    /**
     * A call is about to be made.
     *
     * @param file that is forced, cut, deleted or has a new name; null for a write
     * @param from first byte that is written, forced or cut off
     * @param to   end of them
     * @throws IOException with which the call fails, without being made
     */
    void before(Call call, Path file, long from, long to) throws IOException;

    /** The call has succeeded. */
    default void after(final Call call, final Path file, final long from, final long to) {
        // for those who want to know
    }
}
