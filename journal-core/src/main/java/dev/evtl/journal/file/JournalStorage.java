package dev.evtl.journal.file;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;

/**
 * Where the appender puts events: at the end of the journal, in one order, published and forced when it says so.
 *
 * <p>A place in the journal is a <em>position</em>: bytes that only grow. In a journal of one file it is the offset in
 * that file; {@link #fileSequence} and {@link #fileOffset} name the place for who comes later.
 *
 * <p>One thread reserves, appends, publishes, forces and closes. The methods that only tell may be called from any
 * thread. After a method threw, only {@link #abandon} may follow.
 */
public interface JournalStorage {
    /** {@link #reserve} result: there is room. */
    int READY = 0;
    /** {@link #reserve} result: the space is being prepared; try again. */
    int NOT_READY = -1;
    /** {@link #reserve} result: the journal has reached its maximum. */
    int FULL = -2;

    /**
     * Makes room at the end of what was appended.
     *
     * @param length bytes that must fit, in one piece
     * @return {@link #READY}, {@link #NOT_READY} or {@link #FULL}
     * @throws JournalException if the file cannot grow
     * @throws IOException      if writing what was appended before fails
     */
    int reserve(int length) throws IOException;

    /**
     * Copies events into room that was reserved, and gives each its checksum.
     *
     * @param source that holds the events, one behind the other, with checksums of 0
     * @param index  of the first in the source
     * @param length bytes of all of them, no more than were reserved
     * @param events number of them
     */
    void append(EventMemory source, int index, int length, int events);

    /** Where in the journal the next event goes. */
    long position();

    /** Base sequence of the file that {@link #position} is in. */
    long fileSequence();

    /** Offset of {@link #position} in that file. */
    long fileOffset();

    /**
     * Shows all that was appended to readers.
     *
     * @throws IOException if writing fails
     */
    void publish() throws IOException;

    /**
     * Forces all that was published to the device.
     *
     * @throws IOException if it could not be forced; it never can be then
     */
    void force() throws IOException;

    /**
     * Publishes, forces, cuts the file to its length, marks it closed and lets it go.
     *
     * @throws IOException if that fails; the file is left to be recovered
     */
    void close() throws IOException;

    /** Lets the file go as it is, to be recovered when it is opened again. */
    void abandon();

    /** What messages call the journal. */
    String name();

    /** Bytes of the file that are allocated. */
    long allocated();

    /** Offset up to which the file is mapped, or otherwise ready for the appender. */
    long mapped();

    /** The position before which everything was forced. */
    long durable();

    /** How often the file grew since it was opened. */
    long growths();
}
