package dev.evtl.replay;

import dev.evtl.journal.Journal;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.agrona.CloseHelper;

/**
 * Reads several journals as one, in order of timestamp: next is always the event of the journal whose next event has the
 * smallest timestamp, and of several that have it, of the one that comes first in the list. So each journal's own order is
 * kept, also where its timestamps step back: an event that is behind one of a later time in its journal comes as soon as
 * that one has come. The events of a claim come one after the other, at the place of the first of them. Gaps come like
 * events, by the timestamp of the gap.
 *
 * <p>One event of each journal is looked at ahead, in its reader's memory; nothing is copied. A journal that has no event
 * now does not hold up the others: what it gets later comes as soon as it is there, even if events of a later time have
 * come before. Journals that are not written any more are in order from start to end.
 *
 * <p>For one thread at a time.
 */
public final class JournalMerge implements AutoCloseable {
    private final List<JournalReader> readers;
    /** Whether the event that a reader shows is still to come. */
    private final boolean[] isAhead;

    private int source = -1;
    private boolean inClaim;
    private long droppedEvents;

    /**
     * Merges from where the readers are. From now on they are this object's, which closes them.
     *
     * @param readers of the journals, in the order in which events of the same timestamp come
     */
    public JournalMerge(final List<JournalReader> readers) {
        Objects.requireNonNull(readers, "readers");
        this.readers = List.copyOf(readers);
        this.isAhead = new boolean[readers.size()];
    }

    /**
     * Goes to the next event or gap, which {@link #event} shows until the next call.
     *
     * @return false if no journal has one now
     * @throws CorruptJournalException if a journal's next event does not verify, even if others have events of an earlier
     *     time; a call after that throws it again
     * @throws JournalException        as {@link JournalReader#poll} does
     * @throws IllegalStateException   if this is closed
     */
    public boolean next() {
        return next(false);
    }

    private boolean next(final boolean upToMark) {
        int next = -1;
        if (inClaim && lookAhead(source, upToMark)) {
            next = source;
        } else {
            for (int i = 0; i < isAhead.length; i++) {
                if (lookAhead(i, upToMark) && (next < 0 || timestamp(i) < timestamp(next))) {
                    next = i;
                }
            }
        }
        if (next < 0) {
            return false;
        }
        isAhead[next] = false;
        source = next;
        final JournalEvent event = event();
        inClaim = event.moreOfClaim();
        if (event.isGap()) {
            droppedEvents = GapEvent.total(droppedEvents, event.dropped());
        }
        return true;
    }

    private boolean lookAhead(final int index, final boolean upToMark) {
        if (!isAhead[index]) {
            final JournalReader reader = readers.get(index);
            isAhead[index] = (!upToMark || reader.isBeforeMark()) && reader.next();
        }
        return isAhead[index];
    }

    private long timestamp(final int index) {
        return readers.get(index).event().timestamp();
    }

    /**
     * What {@link #next} has gone to. Its sequence number and offset are those of its journal.
     *
     * @return the event, which is the reader's
     * @throws IllegalStateException if there was none yet
     */
    public JournalEvent event() {
        if (source < 0) {
            throw new IllegalStateException("there was no event yet");
        }
        return readers.get(source).event();
    }

    /**
     * Of which journal the event is.
     *
     * @return index of its reader in the list; -1 if there was no event yet
     */
    public int source() {
        return source;
    }

    /**
     * Events that the gaps say were dropped that have come so far.
     *
     * @return number of events, unsigned; 2^64-1 if it is larger
     */
    public long droppedEvents() {
        return droppedEvents;
    }

    /**
     * Hands over all events and gaps that are there when this is called.
     *
     * @param consumer to hand them to; each is valid only during the call
     * @return number of events and gaps
     * @throws CorruptJournalException as {@link #next} does
     * @throws JournalException        as {@link #next} does
     * @throws IllegalStateException   as {@link #next} does
     */
    public long forEach(final Consumer<? super JournalEvent> consumer) {
        Objects.requireNonNull(consumer, "consumer");
        readers.forEach(JournalReader::markEnd);
        long events = 0;
        while (next(true)) {
            consumer.accept(event());
            events++;
        }
        return events;
    }

    /**
     * Writes all events and gaps that are there when this is called to another journal, as {@link JournalCopy} does: each
     * with its timestamp, and claims as claims. What was written before an exception stays.
     *
     * @param journal  to write to, which stays the caller's; best with {@code BackPressure.BLOCK}
     * @param progress is told after each event how many bytes of events were read
     * @return number of events and gaps
     * @throws CorruptJournalException as {@link #next} does
     * @throws JournalException        as {@link #next} and {@link JournalCopy#consume} do, and if the other journal refuses
     *     or drops an event
     * @throws IllegalStateException   as {@link #next} does
     */
    public long copyTo(final Journal journal, final LongConsumer progress) {
        Objects.requireNonNull(journal, "journal");
        Objects.requireNonNull(progress, "progress");
        try (JournalCopy copy = new JournalCopy(journal)) {
            final Copying copying = new Copying(journal, copy, progress);
            return forEach(copying);
        }
    }

    private final class Copying implements Consumer<JournalEvent> {
        private final Journal journal;
        private final JournalCopy copy;
        private final LongConsumer progress;
        private int lastSource = -1;
        private long bytes;

        Copying(final Journal journal, final JournalCopy copy, final LongConsumer progress) {
            this.journal = journal;
            this.copy = copy;
            this.progress = progress;
        }

        @Override
        public void accept(final JournalEvent event) {
            if (source != lastSource) {
                copy.close(); // a claim of which the end did not come is not to go on with another journal's event
                lastSource = source;
            }
            if (!copy.consume(event)) {
                throw new JournalException(journal.path() + ": did not take the event of time " + event.timestamp());
            }
            bytes += EventHeader.LENGTH + event.payloadLength();
            progress.accept(bytes);
        }
    }

    /** Closes all readers. */
    @Override
    public void close() {
        CloseHelper.closeAll(readers);
    }
}
