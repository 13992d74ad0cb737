package dev.evtl.journal.io;

import java.io.IOException;
import java.nio.file.Path;

/**
 * Is told of each {@link FileCalls} call that changes a journal's files or brings them to the device, on the thread
 * that makes the call. Tests use one to know what a crash of the machine may leave, or to make a call fail.
 */
public interface FileWatcher {
    /** What the call does. Stores into a mapping are not calls. */
    enum Call {
        WRITE,
        /** A write that is on the device when it returns. */
        WRITE_THROUGH,
        FORCE,
        FORCE_DIRECTORY,
        MAKE_DIRECTORY,
        TRUNCATE,
        RENAME,
        DELETE,
        /** Sets or removes an extended attribute of a file. */
        ATTRIBUTE
    }

    /** Lets every call through. */
    FileWatcher NONE = (call, file, from, to) -> {};

    /**
     * Is called before each call.
     *
     * @param file the file that is forced, cut or deleted, the directory that is forced or made, or the new name; null for a
     *     write
     * @param from offset of the first byte that is written, forced or cut off
     * @param to   offset after the last of these bytes
     * @throws IOException which the call then throws without being made
     */
    void before(Call call, Path file, long from, long to) throws IOException;

    /** Is called after each call that has succeeded. */
    default void after(final Call call, final Path file, final long from, final long to) {
        // a watcher that needs to know overrides this
    }
}
