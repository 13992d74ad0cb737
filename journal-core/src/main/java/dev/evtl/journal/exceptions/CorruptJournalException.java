package dev.evtl.journal.exceptions;

import java.nio.file.Path;

/** Thrown when a file is not a journal, or is damaged at some offset. Nothing from that offset on is delivered. */
public final class CorruptJournalException extends JournalException {
    private static final long serialVersionUID = 1L;

    /** What is wrong. */
    public enum Kind {
        /** Too short, of another format, or of a version or with a flag that this library does not read. */
        NOT_A_JOURNAL,
        /** The file header is damaged. */
        DAMAGED_HEADER,
        /** Events were published but not forced, and were lost in a crash of the machine. */
        UNSYNCED_DATA_LOST,
        /** An event is damaged or missing. */
        CORRUPT_EVENT
    }

    private final Kind kind;
    private final transient Path file;
    private final long offset;
    private final long sequence;
    private final String reason;

    /**
     * Creates the exception.
     *
     * @param kind     what is wrong
     * @param file     the file
     * @param offset   where in the file, in bytes
     * @param sequence sequence number of the event; -1 if it is not about an event
     * @param reason   one line with the expected and the actual value
     */
    public CorruptJournalException(
            final Kind kind, final Path file, final long offset, final long sequence, final String reason) {
        super(file + ": offset " + offset + (sequence < 0 ? "" : ", sequence " + sequence) + ": " + reason);
        this.kind = kind;
        this.file = file;
        this.offset = offset;
        this.sequence = sequence;
        this.reason = reason;
    }

    /**
     * Returns what is wrong.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * Returns the file.
     *
     * @return its path as it was given; null after serialization
     */
    public Path file() {
        return file;
    }

    /**
     * Returns where in the file something is wrong.
     *
     * @return offset in bytes
     */
    public long offset() {
        return offset;
    }

    /**
     * Returns which event is wrong.
     *
     * @return its sequence number; -1 if it is not about an event
     */
    public long sequence() {
        return sequence;
    }

    /**
     * Returns the reason, with the expected and the actual value.
     *
     * @return one line
     */
    public String reason() {
        return reason;
    }
}
