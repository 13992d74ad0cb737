package dev.evtl.journal.storage;

import java.io.IOException;
import java.nio.file.Path;
import org.agrona.MutableDirectBuffer;

/**
 * Where the appender puts events: at the end of one file, in one order, published and forced when it says so.
 *
 * <p>One thread reserves, appends, publishes, forces and closes. The methods that only tell may be called from any
 * thread. After a method threw, only {@link #abandon} may follow.
 */
public interface JournalStorage {
    /** {@link #reserve} result: the space is being prepared; try again. */
    int NOT_READY = -1;
    /** {@link #reserve} result: the file has reached its maximum. */
    int FULL = -2;

    /**
     * Makes room at the end of what was appended.
     *
     * @param length bytes that must fit, in one piece
     * @return index in {@link #buffer} where they go, {@link #NOT_READY} or {@link #FULL}
     * @throws JournalException if the file cannot grow
     * @throws IOException      if writing what was appended before fails
     */
    int reserve(int length) throws IOException;

    /**
     * The buffer that {@link #reserve} gives room in; may change with each call of it.
     *
     * @return the buffer
     */
    MutableDirectBuffer buffer();

    /**
     * Where in the file the next event goes.
     *
     * @return offset in bytes
     */
    long position();

    /**
     * Takes what was written into the reserved room as appended.
     *
     * @param length bytes
     * @param events events in them
     */
    void append(int length, int events);

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

    /**
     * The file.
     *
     * @return its path
     */
    Path path();

    /**
     * Bytes of the file that are allocated.
     *
     * @return length in bytes
     */
    long allocated();

    /**
     * How far the file is mapped, or otherwise ready for the appender.
     *
     * @return offset in bytes
     */
    long mapped();

    /**
     * Everything before it was forced.
     *
     * @return offset in bytes
     */
    long durable();

    /**
     * How often the file grew since it was opened.
     *
     * @return number of growths
     */
    long growths();
}
