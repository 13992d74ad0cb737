package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.io.FileCalls;
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
    private boolean closed;
    private boolean keepsSlot;

    /**
     * Takes over a mapped file whose header was checked. The caller holds the locks that the role needs, except the
     * slot's.
     */
    RingFile(final Path path, final RingLocks locks, final RingMemory memory, final Role role) throws IOException {
        this.path = path;
        this.locks = locks;
        this.memory = memory;
        this.role = role;
        this.checkpoint = new Checkpoint(memory.header());
        this.orphans = new OrphanedClaims(path, memory, locks);
        if (role != Role.PUBLISHER) {
            RingCheck.check(path, memory, checkpoint);
        }
        this.slot = role == Role.INSPECTOR ? null : ProcessSlot.take(path, memory, locks);
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
        return JournalRing.mapped(memory, RingCounters.reopen(memory.counters()), slot, orphans);
    }

    /** Returns the ring for a process that only publishes. */
    public JournalRing attached() {
        return JournalRing.mapped(memory, RingCounters.attach(memory.counters()), slot, orphans);
    }

    /** Returns whether a process that lives has the journal open. */
    public boolean hasOwner() {
        try {
            return locks.isHeld(RingLocks.OWNER);
        } catch (final IOException e) {
            throw new JournalException(path + ": could not find out whether its owner lives: " + e.getMessage(), e);
        }
    }

    /** Returns whether the ring is empty. */
    public boolean isEmpty() {
        return memory.head() == memory.tail();
    }

    /** Returns whether a living process may still write into a claim that an owner did not wait for. */
    public boolean isGivenUp() {
        return RingCounters.isGivenUp(memory.counters());
    }

    /** Deletes and closes the file, and sets its state to closed for the processes that still have it. */
    public void giveUp() throws IOException {
        RingCounters.giveUp(memory.counters());
        delete();
        close();
    }

    /** Deletes the file. Processes that have it mapped keep its memory. */
    public void delete() throws IOException {
        FileCalls.delete(path);
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
        final long tail = Math.min(memory.tail(), memory.head() + memory.capacity()); // which it may not be if damaged
        final RingRecord record = memory.record();
        boolean found = !slot.isQuiet();
        for (record.at(checkpoint.ringPosition()); !found && record.position() < tail; record.next()) {
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
