package dev.evtl.journal.exceptions;

import java.nio.file.Path;

/** A file is not a journal, or not what a journal must be at some offset. Nothing from there on is delivered. */
public final class CorruptJournalException extends JournalException {
    private static final long serialVersionUID = 1L;

    /** What is wrong. */
    public enum Kind {
        /** Too short, of another format, or of a version or with a flag that this library does not read. */
        NOT_A_JOURNAL,
        /** The file header is damaged. */
        DAMAGED_HEADER,
        /** Events were published but not forced, and are gone with the machine. */
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
     * Names all that is known.
     *
     * @param kind     what is wrong
     * @param file     the file
     * @param offset   where in the file
     * @param sequence number of the event, -1 where it is no event
     * @param reason   with the expected and the actual value
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
     * What is wrong.
     *
     * @return the kind
     */
    public Kind kind() {
        return kind;
    }

    /**
     * The file.
     *
     * @return as it was given; null after serialization
     */
    public Path file() {
        return file;
    }

    /**
     * Where in the file.
     *
     * @return offset in bytes
     */
    public long offset() {
        return offset;
    }

    /**
     * Which event.
     *
     * @return its sequence number, or -1 where it is no event
     */
    public long sequence() {
        return sequence;
    }

    /**
     * Why, with the expected and the actual value.
     *
     * @return one line
     */
    public String reason() {
        return reason;
    }
}
