package dev.evtl.journal.storage;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import java.io.IOException;
import java.util.Arrays;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Releases claims in a ring file that nobody will ever commit or abort, because their process has died; never one whose
 * process lives, however long that stands still.
 *
 * <p>Who has claimed a record stands in it, but for the instant between the step of the tail and the last store of the
 * claim. Such a record has lost its owner if at some instant since it was seen no living process had a thread there
 * ({@link ProcessSlot}) and it still is as it was.
 *
 * <p>Most become padding. A gap that says up to where it records is committed instead: that may count as recorded
 * already, and this is its place.
 *
 * <p>For the thread that runs the appender.
 */
public final class DeadClaims {
    /** Result of {@link #release}: the claim's process lives, or it cannot be told yet. */
    public static final int HELD = -1;

    private final RingFile file;
    private final RingLocks locks;
    private final ProcessSlot[] slots = new ProcessSlot[RingLayout.SLOTS];
    private final boolean[] quiet = new boolean[RingLayout.SLOTS];
    private long suspect = -1;
    private long suspectWord;
    private long suspectTail;

    DeadClaims(final RingFile file, final RingLocks locks) {
        this.file = file;
        this.locks = locks;
        Arrays.setAll(slots, file::slot);
    }

    /**
     * Releases the record at a position, which is before the tail, if it is neither committed nor aborted and its
     * process has died.
     *
     * @param position in the ring, of a record's start
     * @return events in the released claim, 1 where that is not known, 0 for a gap; {@link #HELD} if it was not released
     * @throws JournalException if it cannot be found out who lives
     */
    public int release(final long position) {
        final int index = file.index(position);
        final long word = file.ring().getLongVolatile(index); // once, or what is judged is not what was asked about
        final int length = (int) word;
        final int type = (int) (word >>> Integer.SIZE);
        final boolean dead;
        if (length > 0) {
            dead = false;
        } else if (length < 0 && ClaimType.isClaim(type)) {
            dead = !isHeld(ClaimType.slot(type));
        } else {
            dead = hasLostItsOwner(position, word);
        }
        // asked again behind the question who lives: it may have gone on just before
        return dead && file.ring().getLongVolatile(index) == word
                ? end(index, length == 0 ? hole(position) : -length, type)
                : HELD;
    }

    private boolean hasLostItsOwner(final long position, final long word) {
        if (suspect != position || suspectWord != word) {
            suspect = position;
            suspectWord = word;
            suspectTail = file.tail();
            Arrays.fill(quiet, false);
        }
        boolean allQuiet = true;
        for (int i = 0; i < slots.length; i++) {
            if (!quiet[i] && slots[i].state() == ProcessSlot.USED) {
                quiet[i] = slots[i].isQuiet() || !isHeld(i);
                allQuiet &= quiet[i];
            }
        }
        return allQuiet;
    }

    /** Length of the zeros up to the next record or the tail that was seen first: what lies behind that may be young. */
    private int hole(final long position) {
        final int start = file.index(position);
        final int end = (int) Math.min(file.capacity(), start + suspectTail - position);
        int index = start;
        do {
            index += RecordDescriptor.ALIGNMENT;
        } while (index < end && file.ring().getIntVolatile(index) == 0);
        return index - start;
    }

    private int end(final int index, final int length, final int type) {
        final AtomicBuffer ring = file.ring();
        final int payload = index + RecordDescriptor.HEADER_LENGTH + EventHeader.LENGTH;
        final boolean whole = ClaimType.isGap(type) && GapEvent.dropped(ring, payload) != 0;
        if (!whole) {
            ring.putIntRelease(RecordDescriptor.typeOffset(index), RingBuffer.PADDING_MSG_TYPE_ID);
        }
        ring.putIntRelease(RecordDescriptor.lengthOffset(index), length);
        return ClaimType.isClaim(type) ? ClaimType.events(type) : 1;
    }

    private boolean isHeld(final int slot) {
        try {
            return locks.isHeld(slot);
        } catch (final IOException e) {
            throw new JournalException(file.path() + ": could not find out which processes live: " + e.getMessage(), e);
        }
    }

    /**
     * The process that has made a claim, for messages.
     *
     * @param position in the ring, of a record's start
     * @return its number; 0 if the record does not say
     */
    public long process(final long position) {
        final int type = file.ring().getInt(RecordDescriptor.typeOffset(file.index(position)));
        return ClaimType.isClaim(type) ? slots[ClaimType.slot(type)].process() : 0;
    }
}
