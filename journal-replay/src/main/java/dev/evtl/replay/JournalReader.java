package dev.evtl.replay;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.format.JournalHeader;
import java.nio.file.Path;
import org.agrona.DirectBuffer;

/**
 * Reads the events of a journal in their order, from the start or from where it is told, and follows a journal that is
 * being written: at the end {@link #poll} returns 0, and later goes on. For one thread at a time; any number of readers
 * may read one file, in this and other processes.
 *
 * <p>By default every event is verified, block by block in a private copy, and handed over from there: what a handler
 * sees is what was verified, whatever happens to the file meanwhile. Without verification events are handed over where
 * they lie in the mapped file. Either way no event is copied by itself and nothing is allocated for it.
 *
 * <p>A file that another process cuts short meanwhile is an exception too. On a JVM older than 25 the calling thread can
 * also get an {@link InternalError}, at its next call or after this one, for a load that gave nothing of the file.
 *
 * <p>Events of types 241 to 255 are passed over; they have sequence numbers and count as read.
 */
public final class JournalReader implements AutoCloseable {
    private static final EventHandler NO_HANDLER = (sequence, timestamp, type, flags, buffer, offset, length) -> {};

    private final JournalView view;
    private final EventVerifier block;
    private long position = FileHeader.LENGTH;
    private long sequence;
    private long droppedEvents;
    private DirectBuffer window;

    private JournalReader(final JournalView view, final boolean verify) {
        this.view = view;
        this.block = verify ? new EventVerifier(view.header(), view) : null;
        this.sequence = view.header().baseSequence();
    }

    /**
     * Opens a journal to read it from its first event and to verify every event.
     *
     * @param path of the file
     * @return the reader
     * @throws CorruptJournalException if it is no journal or its header is damaged
     * @throws JournalException        if it cannot be read
     * @throws IllegalStateException   if the JVM lacks the flag that Agrona needs
     */
    public static JournalReader open(final Path path) {
        return open(path, true);
    }

    /**
     * Opens a journal to read it from its first event.
     *
     * @param path   of the file
     * @param verify whether to verify every event; without, a damaged event may be delivered
     * @return the reader
     * @throws CorruptJournalException if it is no journal or its header is damaged
     * @throws JournalException        if it cannot be read
     * @throws IllegalStateException   if the JVM lacks the flag that Agrona needs
     */
    public static JournalReader open(final Path path, final boolean verify) {
        return new JournalReader(new JournalView(path), verify);
    }

    /**
     * Hands over events that are there.
     *
     * @param handler to hand them to
     * @param limit   most events to read
     * @return number of events read; 0 if there is none now
     * @throws CorruptJournalException at an event that does not verify; no event from there on is handed over
     * @throws JournalException        if the file cannot be read any more
     */
    public int poll(final EventHandler handler, final int limit) {
        try {
            final long end = view.writeOffset();
            if (position > end) {
                throw corrupt("expected write_offset not to step back, found " + end);
            }
            return block != null ? pollVerified(handler, limit, end) : pollInPlace(handler, limit, end);
        } catch (final InternalError e) {
            // how the JVM reports a load from a mapped page that the file no longer has
            throw new JournalException(view.path() + ": was cut short while it was read, near offset " + position, e);
        }
    }

    private int pollVerified(final EventHandler handler, final int limit, final long end) {
        int read = 0;
        while (read < limit && position < end) {
            final int length = block.next(position, end);
            if (length == 0) {
                throw corrupt(block.problem());
            }
            read++;
            deliver(handler, block.buffer(), block.index(), block.word(), length);
        }
        return read;
    }

    private int pollInPlace(final EventHandler handler, final int limit, final long end) {
        int read = 0;
        while (read < limit && position < end) {
            if (end - position < EventHeader.LENGTH) {
                throw corrupt("expected an event before write_offset " + end + ", found one that is cut off");
            }
            int index = ensureInWindow(EventHeader.LENGTH, end);
            final long word = EventHeader.word(window, index);
            final int length = EventHeader.LENGTH + EventHeader.payloadLength(word);
            if (EventHeader.type(word) == EventHeader.TYPE_NOTHING || length > end - position) {
                throw corrupt("expected an event before write_offset " + end + ", found event_type "
                        + EventHeader.type(word) + " and " + length + " bytes");
            }
            index = ensureInWindow(length, end);
            read++;
            deliver(handler, window, index, word, length);
        }
        return read;
    }

    private int ensureInWindow(final int length, final long end) {
        if (position < view.windowStart() || position + length > view.windowEnd()) {
            window = view.window(position, end);
        }
        return (int) (position - view.windowStart());
    }

    private void deliver(
            final EventHandler handler, final DirectBuffer buffer, final int index, final long word, final int length) {
        final long eventSequence = sequence++;
        position += length; // first, so that an event whose handler throws counts as read
        final int type = EventHeader.type(word);
        final long timestamp = EventHeader.timestamp(buffer, index);
        final int payload = index + EventHeader.LENGTH;
        if (type <= EventHeader.MAX_APPLICATION_TYPE) {
            final int flags = EventHeader.flags(word) & EventHeader.APPLICATION_FLAGS;
            handler.onEvent(eventSequence, timestamp, type, flags, buffer, payload, EventHeader.payloadLength(word));
        } else if (type == EventHeader.TYPE_GAP && EventHeader.payloadLength(word) == GapEvent.PAYLOAD_LENGTH) {
            final long dropped = GapEvent.dropped(buffer, payload);
            droppedEvents += dropped;
            handler.onGap(
                    eventSequence,
                    timestamp,
                    dropped,
                    GapEvent.firstTimestamp(buffer, payload),
                    GapEvent.lastTimestamp(buffer, payload));
        }
    }

    private CorruptJournalException corrupt(final String problem) {
        view.throwPendingFault();
        final boolean lost = !view.isClosed() && position >= view.durableOffset();
        return new CorruptJournalException(
                lost ? Kind.UNSYNCED_DATA_LOST : Kind.CORRUPT_EVENT,
                view.path(),
                position,
                sequence,
                (lost ? "unsynced data lost: " : "corrupt event: ") + problem);
    }

    /**
     * Hands over all events that are there now.
     *
     * @param handler to hand them to
     * @return number of events read
     * @throws CorruptJournalException as {@link #poll} does
     * @throws JournalException        as {@link #poll} does
     */
    public long forEach(final EventHandler handler) {
        long read = 0;
        for (int polled = poll(handler, Integer.MAX_VALUE); polled > 0; polled = poll(handler, Integer.MAX_VALUE)) {
            read += polled;
        }
        return read;
    }

    /**
     * A cursor over this reader, for those who prefer to pull.
     *
     * @return a new cursor, at the reader's position
     */
    public JournalCursor cursor() {
        return new JournalCursor(this);
    }

    /**
     * Goes to an event by its sequence number, reading and verifying what lies before it. If the journal does not reach
     * so far, the reader is at its end.
     *
     * @param target sequence number
     * @return the sequence number at which the reader is now
     * @throws IllegalArgumentException if the file begins after it
     * @throws CorruptJournalException  as {@link #poll} does
     */
    public long seekSequence(final long target) {
        final long base = view.header().baseSequence();
        if (target < base) {
            throw new IllegalArgumentException(
                    view.path() + ": begins with sequence " + base + ", after the " + target + " asked for");
        }
        if (target < sequence) {
            seek(FileHeader.LENGTH, base);
        }
        while (sequence < target && poll(NO_HANDLER, (int) Math.min(target - sequence, Integer.MAX_VALUE)) > 0) {
            // passes over the events before
        }
        droppedEvents = 0;
        return sequence;
    }

    /**
     * Goes to an event by its offset in the file, reading and verifying what lies before it.
     *
     * @param target offset in bytes
     * @return the sequence number at which the reader is now
     * @throws IllegalArgumentException if no event begins there
     * @throws CorruptJournalException  as {@link #poll} does
     */
    public long seekOffset(final long target) {
        if (target < position) {
            seek(FileHeader.LENGTH, view.header().baseSequence());
        }
        while (position < target && poll(NO_HANDLER, 1) > 0) {
            // passes over the events before
        }
        droppedEvents = 0;
        if (position != target) {
            throw new IllegalArgumentException(view.path() + ": no event begins at offset " + target
                    + "; one begins or the last ends at " + position);
        }
        return sequence;
    }

    /**
     * Goes to a place that {@link #position} and {@link #sequence} gave before, at once and unchecked: with
     * verification and checksums, the next poll finds out if no event begins there.
     *
     * @param offset        in the file
     * @param eventSequence of the event there
     * @throws IllegalArgumentException if the offset is within the file's header
     */
    public void seek(final long offset, final long eventSequence) {
        if (offset < FileHeader.LENGTH) {
            throw new IllegalArgumentException("offset " + offset + " is below " + FileHeader.LENGTH);
        }
        position = offset;
        sequence = eventSequence;
        droppedEvents = 0;
    }

    /**
     * Where the next event begins.
     *
     * @return offset in the file
     */
    public long position() {
        return position;
    }

    /**
     * Number of the next event.
     *
     * @return its sequence number
     */
    public long sequence() {
        return sequence;
    }

    /**
     * Events that the gaps read since the start, or since the last seek, say were dropped.
     *
     * @return number of events
     */
    public long droppedEvents() {
        return droppedEvents;
    }

    /**
     * Whether the writer has closed the journal and all of it was read, so that no more will come.
     *
     * @return true at the end
     */
    public boolean isAtEnd() {
        return view.isClosed() && position >= view.writeOffset();
    }

    /**
     * The file's header as it was when the reader was opened.
     *
     * @return the header
     */
    public JournalHeader header() {
        return view.header();
    }

    /** Closes the file. No buffer that was handed over may be used after that. */
    @Override
    public void close() {
        view.close();
    }
}
