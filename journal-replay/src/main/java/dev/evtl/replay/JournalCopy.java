package dev.evtl.replay;

import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import java.util.Objects;
import org.agrona.ExpandableArrayBuffer;

/**
 * Writes events to another journal, each with its timestamp, type, flags and payload, and those of one claim as one claim.
 * Gaps stay gaps. Sequence numbers are the other journal's own.
 *
 * <p>An event that the other journal refuses or drops is not taken; with {@code BackPressure.BLOCK} it waits for room
 * instead. The events of a claim are kept back, and count as taken, until the last of them is there; why a claim as a
 * whole could not be written is thrown then. Where events were left out of a claim, by a filter or because reading ended
 * within it, what is left on either side becomes a claim of its own, which is written with the next event or by
 * {@link #close}.
 */
public final class JournalCopy implements EventConsumer, AutoCloseable {
    private final Publisher publisher;
    private final EventBatch batch;
    private final String name;
    /** The events kept back, each as in a file. */
    private final ExpandableArrayBuffer kept = new ExpandableArrayBuffer();

    private final JournalEvent keptEvent = new JournalEvent();
    private int keptEvents;
    private int keptLength;
    /** Whether the event of {@link #nextSequence} belongs to the claim of the one before it. */
    private boolean inClaim;

    private long nextSequence;
    /** Whether what is left of the claim is not taken either. */
    private boolean skipping;

    /**
     * Copies into a journal, which stays the caller's to close, after this.
     *
     * @param journal to write to
     */
    public JournalCopy(final Journal journal) {
        Objects.requireNonNull(journal, "journal");
        this.publisher = journal.publisher();
        this.batch = publisher.newBatch();
        this.name = "copy:" + journal.path();
    }

    /**
     * Takes an event or a gap.
     *
     * @throws JournalException if the claim is longer than the other journal's ring takes, or was refused or dropped
     */
    @Override
    public boolean consume(final JournalEvent event) {
        Objects.requireNonNull(event, "event");
        final boolean goesOn = inClaim && event.sequence() == nextSequence && !event.isGap();
        inClaim = event.moreOfClaim();
        nextSequence = event.sequence() + 1;
        if (!goesOn) {
            skipping = true; // unless what is kept can be written
            publishKept();
            skipping = false;
        }
        if (event.isGap()) {
            return publisher.offerGap(
                            event.timestamp(), event.dropped(), event.firstDropTimestamp(), event.lastDropTimestamp())
                    > 0;
        }
        if (!goesOn && !inClaim) {
            return publisher.offerAt(
                            event.timestamp(),
                            event.type(),
                            event.flags(),
                            event.buffer(),
                            event.payloadOffset(),
                            event.payloadLength())
                    > 0;
        }
        if (skipping) {
            return false;
        }
        keep(event);
        if (!inClaim) {
            publishKept();
        }
        return true;
    }

    private void keep(final JournalEvent event) {
        if (keptLength + event.length() > publisher.maxClaimLength()) {
            final long first = event.sequence() - keptEvents;
            keptEvents = 0;
            keptLength = 0;
            skipping = true;
            throw new JournalException(name + ": the claim that begins with sequence " + first + " is longer than the "
                    + publisher.maxClaimLength()
                    + " bytes that a claim of this journal can have; give it a larger ring");
        }
        EventHeader.encode(kept, keptLength, event.timestamp(), event.type(), event.flags(), event.payloadLength());
        kept.putBytes(keptLength + EventHeader.LENGTH, event.buffer(), event.payloadOffset(), event.payloadLength());
        keptEvents++;
        keptLength += event.length();
    }

    /**
     * Writes what is kept back of a claim whose last event did not come.
     *
     * @throws JournalException if it was refused or dropped
     */
    @Override
    public void close() {
        publishKept();
    }

    private void publishKept() {
        final int events = keptEvents;
        final int length = keptLength;
        keptEvents = 0;
        keptLength = 0;
        if (events > 0) {
            final long timestamp = EventHeader.timestamp(kept, 0);
            final boolean claimed = batch.tryClaimAt(timestamp, events, length - events * EventHeader.LENGTH) > 0;
            if (!claimed || !fill(length)) {
                throw new JournalException(name + ": a claim of " + events + " events, the first of time " + timestamp
                        + ", was refused or dropped");
            }
        }
    }

    private boolean fill(final int length) {
        try (batch) {
            for (int index = 0; index < length; index += keptEvent.length()) {
                keptEvent.wrap(kept, index, 0, 0);
                batch.nextAt(keptEvent.timestamp(), keptEvent.type(), keptEvent.flags(), keptEvent.payloadLength())
                        .putBytes(0, kept, keptEvent.payloadOffset(), keptEvent.payloadLength());
            }
            return batch.commit() > 0;
        }
    }

    @Override
    public String name() {
        return name;
    }
}
