package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.NeighbourFiles;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A ring file that this process has mapped, for the thread that opens or closes the journal or the publisher. One
 * process, which has the journal open, owns the file; others attach to it. The mapping stays until nobody can reach it
 * any more, because threads may still hold claims in it.
 *
 * <p>Nobody may truncate, overwrite or delete the file while a process has it open: a store into a page that is gone
 * ends the JVM.
 */
public final class RingFile implements AutoCloseable {
    /** What this process uses the file for. */
    enum Role {
        OWNER,
        PUBLISHER,
        /** Looks at the content; holds all locks and has no slot. */
        INSPECTOR
    }

    private final Path path;
    private final RingLocks locks;
    private final RingMemory memory;
    private final Role role;
    private final Checkpoint checkpoint;
    private final OrphanedClaims orphans;
    private final ProcessSlot slot;
    private final Object key;
    private RingCounters owned;
    private boolean closed;
    private boolean keepsSlot;

    /**
     * Takes over a mapped file whose header was checked. The caller holds the locks that the role needs, except the
     * slot's.
     *
     * @throws JournalLockedException if it is to be owned and its owner lives, although it has lost its lock
     */
    RingFile(final Path path, final RingLocks locks, final RingMemory memory, final Role role) throws IOException {
        this.path = path;
        this.locks = locks;
        this.memory = memory;
        this.role = role;
        this.key = NeighbourFiles.key(path);
        this.checkpoint = new Checkpoint(memory.header());
        this.orphans = new OrphanedClaims(path, memory, locks);
        if (role == Role.OWNER && ownerLives()) {
            throw new JournalLockedException(path + ": another journal has this ring file open, and has lost its lock");
        }
        if (role != Role.PUBLISHER) {
            RingCheck.check(path, memory, checkpoint);
        }
        this.slot = role == Role.INSPECTOR ? null : ProcessSlot.take(path, memory, locks, role == Role.OWNER);
        if (role == Role.OWNER) {
            memory.header().putLongVolatile(RingLayout.OWNER_SLOT_OFFSET, slot.number() + 1);
        }
    }

    /** Returns the file's real path. */
    public Path path() {
        return path;
    }

    public RingMemory memory() {
        return memory;
    }

    /** Returns the checkpoint: up to where the journal's file holds what the ring held. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Returns what releases the claims of processes that have died. */
    public OrphanedClaims orphans() {
        return orphans;
    }

    /** Returns the slot of this process; null for an inspector. */
    ProcessSlot slot() {
        return slot;
    }

    /** Returns the number of events that producers dropped. */
    public long dropped() {
        return RingCounters.dropped(memory.counters());
    }

    /** Returns the largest payload in bytes. */
    public int maxPayloadLength() {
        return memory.header().getInt(RingLayout.MAX_PAYLOAD_OFFSET);
    }

    /** Returns the ring for the process that runs the appender, and lets the other processes go on. */
    public JournalRing owned() {
        owned = RingCounters.reopen(memory.counters());
        return JournalRing.mapped(memory, owned, slot, orphans);
    }

    /** Returns the ring for a process that only publishes. */
    public JournalRing attached() {
        return JournalRing.mapped(memory, RingCounters.attach(memory.counters()), slot, orphans);
    }

    /** Returns whether a process that lives has the journal open. */
    public boolean hasOwner() {
        try {
            return locks.isHeld(RingLocks.OWNER) || ownerLives();
        } catch (final IOException e) {
            throw new JournalException(path + ": could not find out whether its owner lives: " + e.getMessage(), e);
        }
    }

    /** Returns whether the owner lives, also if it has lost its lock. */
    private boolean ownerLives() {
        final int number = ProcessSlot.ofOwner(memory.header());
        return number >= 0 && new ProcessSlot(memory.header(), number).isUsedByLivingProcess();
    }

    /** Returns whether the ring is empty. */
    public boolean isEmpty() {
        return memory.head() == memory.tail();
    }

    /** Returns whether a living process may still write into a claim that an owner did not wait for. */
    public boolean isGivenUp() {
        return RingCounters.isGivenUp(memory.counters());
    }

    /**
     * Deletes and closes the file, and sets its state to closed for the processes that still have it.
     *
     * @throws JournalException if this user may not delete it
     */
    public void giveUp() throws IOException {
        try {
            RingCounters.giveUp(memory.counters());
            if (!delete()) {
                throw new JournalException(path + ": this ring file can neither be used again, because its journal was"
                        + " closed over a claim that was open, nor be deleted by this user; delete it as its owner, or"
                        + " give another ringFile");
            }
        } finally {
            close();
        }
    }

    /**
     * Deletes the file if it is still under its name. Processes that have it mapped keep its memory.
     *
     * @return false if it cannot be deleted, as in a sticky directory where another user made it
     */
    public boolean delete() {
        try {
            if (key.equals(NeighbourFiles.keyIfThere(path))) {
                FileCalls.delete(path);
            }
            return true;
        } catch (final IOException e) {
            return false;
        }
    }

    /**
     * Ends the use of a file that cannot be deleted, after its journal was closed, for all processes that have it. The
     * next owner can use it again unless a living process may still write into a claim.
     */
    public void retire() {
        if (isEmpty() && owned.passedOver().isEmpty()) {
            owned.renew();
        } else {
            owned.end(RingCounters.CLOSED);
            RingCounters.giveUp(memory.counters());
        }
    }

    /**
     * Prepares a close that leaves the file to the next owner. If this process has open claims, it keeps its slot as
     * long as it lives, because it may still write into them.
     */
    public synchronized void keepClaims() {
        keepsSlot = !closed && hasClaims();
    }

    /** Returns whether a thread of this process has an open claim or is in the middle of claiming. */
    private boolean hasClaims() {
        final long end = memory.walkEnd();
        final RingRecord record = memory.record();
        boolean found = !slot.isQuiet();
        for (record.at(checkpoint.ringPosition()); !found && record.position() < end; record.next()) {
            found = record.isOpen() && record.isClaim() && RecordType.slot(record.type()) == slot.number();
        }
        return found;
    }

    /** Gives the slot back. */
    void abandonSlot() throws IOException {
        slot.leave(memory.tail());
        locks.release(slot.number());
    }

    /** Gives the slot back and releases the locks. The mapping stays until nobody can reach it. */
    @Override
    public synchronized void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        if (role == Role.INSPECTOR) {
            locks.close(RingLocks.OWNER + 1);
            return;
        }
        if (role == Role.OWNER) {
            memory.header().putLongVolatile(RingLayout.OWNER_SLOT_OFFSET, 0);
        }
        if (keepsSlot) {
            locks.release(RingLocks.OWNER);
            return;
        }
        try {
            abandonSlot();
            if (role == Role.OWNER) {
                locks.release(RingLocks.OWNER);
            }
        } finally {
            locks.close();
        }
    }
}
