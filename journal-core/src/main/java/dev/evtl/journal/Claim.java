package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Room for one event in the ring, to be filled in place and committed. Made by {@link Publisher#newClaim}, for one
 * thread, which uses it again for one event after the other.
 *
 * <pre>{@code
 * final Claim claim = publisher.newClaim(); // once
 *
 * if (publisher.tryClaim(claim, TRADE, 16) > 0) {
 *     try (claim) { // aborts, if what is between throws
 *         claim.buffer().putLong(0, price);
 *         claim.buffer().putLong(8, quantity);
 *         claim.commit();
 *     }
 * }
 * }</pre>
 *
 * <p>An open claim holds up everything that any thread claims after it, until it is committed, aborted or closed. A
 * claim that has ended cannot be ended again, and its buffer has no room, so it never touches what another thread has
 * claimed meanwhile.
 */
public final class Claim implements AutoCloseable {
    /** Memory for a buffer without room; stores to it do no harm when bounds checks are off. */
    private static final UnsafeBuffer NOWHERE =
            new UnsafeBuffer(ByteBuffer.allocateDirect(EventHeader.MAX_PAYLOAD_LENGTH + 1));

    private final Publisher publisher;
    private final UnsafeBuffer payload = new UnsafeBuffer(NOWHERE.addressOffset(), 0);
    private int event;
    private int payloadLength;
    private long position;
    private boolean open;

    Claim(final Publisher publisher) {
        this.publisher = publisher;
    }

    void checkFree(final Publisher claiming) {
        if (open) {
            throw new IllegalStateException("the claim before was neither committed nor aborted");
        }
        if (claiming != publisher) {
            throw new IllegalArgumentException("the claim was made by another publisher");
        }
    }

    void open(final int eventIndex, final int length, final long end) {
        event = eventIndex;
        payloadLength = length;
        position = end;
        show(payload, publisher.memory(), eventIndex + EventHeader.LENGTH, length);
        open = true;
    }

    /**
     * Returns the room for the payload. Index 0 is its first byte; its capacity is what was claimed.
     *
     * @return the buffer, owned by the claim; it has no room while nothing is claimed
     */
    public MutableDirectBuffer buffer() {
        return payload;
    }

    /**
     * Returns the length of the payload that was claimed.
     *
     * @return number of bytes; 0 while nothing is claimed
     */
    public int length() {
        return open ? payloadLength : 0;
    }

    /**
     * Returns whether there is a claim to commit or to abort.
     *
     * @return false before a claim and after its end
     */
    public boolean isOpen() {
        return open;
    }

    /**
     * Commits the event.
     *
     * @return its position, above 0, see {@link Publisher}; or {@link Publisher#CLOSED} or {@link Publisher#FAILED} if
     *     the journal ended meanwhile and left the claim out
     * @throws IllegalStateException if there is no claim
     */
    public long commit() {
        final int index = end();
        return publisher.commit(index, 1, EventHeader.LENGTH + payloadLength, position);
    }

    /**
     * Commits the event with a payload that is shorter than was claimed.
     *
     * @param length of the payload in bytes, at most what was claimed
     * @return as {@link #commit()}
     * @throws IllegalArgumentException if the length is out of bounds; the claim stays open
     * @throws IllegalStateException    if there is no claim
     */
    public long commit(final int length) {
        if (open && (length < 0 || length > payloadLength)) {
            throw new IllegalArgumentException("payload length " + length + " is not from 0 to " + payloadLength);
        }
        final int index = end();
        EventHeader.payloadLength(publisher.memory(), index, length);
        return publisher.commitShorter(index, 1, EventHeader.LENGTH + length, position);
    }

    /**
     * Aborts the claim: nothing is journaled for it.
     *
     * @throws IllegalStateException if there is no claim
     */
    public void abort() {
        publisher.abort(end());
    }

    /** Aborts the claim, unless it was committed or aborted. */
    @Override
    public void close() {
        if (open) {
            abort();
        }
    }

    /**
     * Makes a buffer show a part of the ring. By its address, because a reference to the ring's buffer would be a store
     * that the garbage collector has to note for each event.
     */
    static void show(final UnsafeBuffer payload, final DirectBuffer memory, final int index, final int length) {
        payload.wrap(memory.addressOffset() + index, length);
    }

    static void showNothing(final UnsafeBuffer payload) {
        payload.wrap(NOWHERE.addressOffset(), 0);
    }

    private int end() {
        if (!open) {
            throw new IllegalStateException("there is no claim: it was committed or aborted, or none was made");
        }
        leave();
        return event;
    }

    void leave() {
        open = false;
        showNothing(payload);
    }

    /** Returns a short text for a log. */
    @Override
    public String toString() {
        return open ? "Claim[" + payloadLength + " bytes, position " + position + "]" : "Claim[none]";
    }
}
