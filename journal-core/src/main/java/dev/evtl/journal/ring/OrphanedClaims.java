package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Releases orphaned claims in a ring file: claims whose process has died, so that nobody will ever end them. It never
 * releases a claim of a living process, however long that stands still. For the thread that runs the appender.
 *
 * <p>A record names the process that claimed it, except for the instant between the move of the tail and the last store
 * of the claim. A record in that state is orphaned if it has not changed since it was first seen and each process was,
 * at some instant since then, dead or without a thread in the middle of a claim ({@link ProcessSlot}).
 *
 * <p>Most orphaned claims become padding. A complete gap is committed instead, because it may count as recorded already
 * and this is its place.
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
     * {@inheritDoc}
     *
     * @throws JournalException if the operating system does not tell which processes are alive
     */
    @Override
    public int release(final long position) {
        record.at(position); // read once, so that the record judged is the record released
        final boolean orphaned;
        if (record.isCommitted()) {
            orphaned = false;
        } else if (record.isOpen() && record.isClaim()) {
            orphaned = !isAlive(RecordType.slot(record.type()));
        } else {
            orphaned = hasLostItsOwner();
        }
        // the record is read again, because its owner may have gone on just before its process died
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
                quiet[i] = slots[i].isQuiet() || !isAlive(i);
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

    /**
     * Returns the length of the zeros up to the next record or the tail first seen; claims behind that tail may be new.
     */
    private int hole() {
        return Math.max(RingRecord.ALIGNMENT, record.zeros((int)
                Math.min(record.toRingEnd(), suspectTail - record.position())));
    }

    /** Returns whether the process of a slot lives: it has its lock, or it can be seen that it has lost no more. */
    private boolean isAlive(final int slot) {
        try {
            return locks.isHeld(slot) || slots[slot].isUsedByLivingProcess();
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
