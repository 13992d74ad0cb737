package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

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
public final class OrphanedClaims implements ClaimOwners {
    private final Path path;
    private final RingMemory memory;
    private final RingLocks locks;
    private final RingRecord record;
    private final ProcessSlot[] slots = new ProcessSlot[RingLayout.SLOTS];
    private final boolean[] quiet = new boolean[RingLayout.SLOTS];
    private long suspect = -1;
    private long suspectWord;
    private long suspectTail;

    OrphanedClaims(final Path path, final RingMemory memory, final RingLocks locks) {
        this.path = path;
        this.memory = memory;
        this.locks = locks;
        this.record = memory.record();
        Arrays.setAll(slots, number -> new ProcessSlot(memory.header(), number));
    }

    /**
     * As {@link ClaimOwners#release}.
     *
     * @throws JournalException if it cannot be found out who lives
     */
    @Override
    public int release(final long position) {
        record.at(position); // once, or what is judged is not what was asked about
        final boolean orphaned;
        if (record.isCommitted()) {
            orphaned = false;
        } else if (record.isOpen() && record.isClaim()) {
            orphaned = !isHeld(RecordType.slot(record.type()));
        } else {
            orphaned = hasLostItsOwner();
        }
        // asked again behind the question who lives: it may have gone on just before
        return orphaned && record.isUnchanged() ? end() : HELD;
    }

    private boolean hasLostItsOwner() {
        if (suspect != record.position() || suspectWord != record.word()) {
            suspect = record.position();
            suspectWord = record.word();
            suspectTail = memory.tail();
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

    private int end() {
        if (record.isWholeGap()) {
            record.commit();
        } else {
            record.pad(record.isHole() ? hole() : -record.length());
        }
        return record.isClaim() ? record.events() : 1;
    }

    /** Length of the zeros up to the next record or the tail that was seen first: what lies behind that may be young. */
    private int hole() {
        return Math.max(RingRecord.ALIGNMENT, record.zeros((int)
                Math.min(record.toRingEnd(), suspectTail - record.position())));
    }

    private boolean isHeld(final int slot) {
        try {
            return locks.isHeld(slot);
        } catch (final IOException e) {
            throw new JournalException(path + ": could not find out which processes live: " + e.getMessage(), e);
        }
    }

    @Override
    public long process(final long position) {
        record.at(position);
        return record.isClaim() ? slots[RecordType.slot(record.type())].process() : 0;
    }
}
