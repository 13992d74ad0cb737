package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;

/**
 * Takes the appender's events: it appends them at the end of the journal in one order, and publishes and forces them on
 * request.
 *
 * <p>A place in the journal is a <em>position</em>, a number of bytes that only grows. In a journal of one file it is
 * the offset in that file. {@link #fileSequence} and {@link #fileOffset} name the same place for a later process.
 *
 * <p>One thread at a time reserves, appends, publishes, begins and ends forces, checks and closes. Only {@link #force}
 * may run beside these on another one. The methods that only return a value may be called from any thread. After a
 * method has thrown, only {@link #retract} and {@link #abandon} may be called.
 */
public interface JournalStorage {
    /** {@link #reserve} result: there is room. */
    int READY = 0;
    /** {@link #reserve} result: the space is being prepared; try again. */
    int NOT_READY = -1;
    /** {@link #reserve} result: the journal has reached its maximum. */
    int FULL = -2;

    /**
     * Called before a batch, when all that was appended is published: a journal of several files may go on to its next
     * file here.
     *
     * @return false if the next file is being prepared; try again
     * @throws IOException if it cannot go on
     */
    default boolean begin() throws IOException {
        return true; // a journal of one file has no other to go to
    }

    /**
     * Reserves room at the end of what was appended.
     *
     * @param length number of bytes that must fit, in one piece
     * @return {@link #READY}, {@link #NOT_READY} or {@link #FULL}
     * @throws JournalException if the file cannot grow
     * @throws IOException      if what was appended before cannot be written
     */
    int reserve(int length) throws IOException;

    /**
     * Copies events into reserved room and gives each its checksum.
     *
     * @param source memory that holds the events without space between them, each with a checksum of 0
     * @param index  of the first event in the source
     * @param length number of bytes of all events, at most what was reserved
     * @param events number of events
     */
    void append(EventMemory source, int index, int length, int events);

    /** Returns the position at which the next event goes. */
    long position();

    /** Returns the base sequence of the file that {@link #position} is in. */
    long fileSequence();

    /** Returns the offset of {@link #position} in that file. */
    long fileOffset();

    /**
     * Makes everything that was appended visible to readers.
     *
     * @throws IOException if writing fails
     */
    void publish() throws IOException;

    /**
     * Returns whether nothing may be appended while this is forced: where events have no checksums, a recovery believes
     * write_offset, and the force brings that to the device as it is then.
     */
    default boolean isForcedAlone() {
        return false;
    }

    /** Begins a force of everything that was published. */
    void beginForce();

    /**
     * Forces to the device what was published when the force began, while another thread may append and publish more.
     *
     * @throws IOException if it could not be forced; a later attempt cannot succeed either
     */
    void force() throws IOException;

    /**
     * Ends a force: what it has forced is durable.
     *
     * @throws IOException if that cannot be stored or what was published is gone
     */
    void endForce() throws IOException;

    /**
     * Makes sure that what was published is still there, as far as can be told without reading it all.
     *
     * @throws JournalException if not
     * @throws IOException      if it cannot be read
     */
    void check() throws IOException;

    /**
     * Takes back what was appended and not published, because it will not be counted as journaled: a write that fails
     * may have written a part.
     *
     * @throws IOException if that fails; the next opening may then find more events than were published
     */
    void retract() throws IOException;

    /**
     * Publishes, forces, cuts the file to its length, marks it closed and releases it.
     *
     * @throws IOException if that fails; the file is left to be recovered
     */
    void close() throws IOException;

    /** Releases the file as it is, to be recovered when it is opened again. */
    void abandon();

    /** Returns the name of the journal in messages. */
    String name();

    /** Returns the number of bytes allocated for the file. */
    long allocated();

    /** Returns the offset up to which the file is mapped, or otherwise ready for the appender. */
    long mapped();

    /** Returns the position before which everything was forced. */
    long durable();

    /** Returns how often the file has grown since it was opened. */
    long growths();
}
