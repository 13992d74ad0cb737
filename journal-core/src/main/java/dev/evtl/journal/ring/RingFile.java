package dev.evtl.journal.ring;

import dev.evtl.journal.io.FileCalls;
import java.io.IOException;
import java.nio.file.Path;

/**
 * A ring file that this process has mapped. One process owns it, the one that has the journal open; others attach.
 * Nothing unmaps it before nobody can reach it any more, as threads may still hold claims in it.
 *
 * <p>It must not be cut, copied over or deleted by others while a process has it open: a store into a page that is gone
 * ends the JVM.
 */
public final class RingFile implements AutoCloseable {
    /** What this process has it for. */
    enum Role {
        OWNER,
        PUBLISHER,
        /** Has all locks and no slot. */
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

    /** Of a file whose header was checked; what the role needs of the locks is taken, but for the slot's. */
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

    /** Its real path. */
    public Path path() {
        return path;
    }

    public RingMemory memory() {
        return memory;
    }

    /** Up to where the journal's file holds what the ring held. */
    public Checkpoint checkpoint() {
        return checkpoint;
    }

    /** Releases claims whose process has died. */
    public OrphanedClaims orphans() {
        return orphans;
    }

    /** The place of this process in it. */
    ProcessSlot slot() {
        return slot;
    }

    /** Drops that its producers have counted. */
    public long dropped() {
        return RingCounters.dropped(memory.counters());
    }

    /** Most bytes of a payload. */
    public int maxPayloadLength() {
        return memory.header().getInt(RingLayout.MAX_PAYLOAD_OFFSET);
    }

    /** The ring for the process that runs the appender, which lets the others go on. */
    public JournalRing owned() {
        return JournalRing.mapped(memory, RingCounters.reopen(memory.counters()), slot, orphans);
    }

    /** The ring for a process that only publishes. */
    public JournalRing attached() {
        return JournalRing.mapped(memory, RingCounters.attach(memory.counters()), slot, orphans);
    }

    /** Whether all that was accepted has been taken from it. */
    public boolean isEmpty() {
        return memory.head() == memory.tail();
    }

    /** Whether somebody who lives may still write where his claim was, as an owner has not waited for it. */
    public boolean isGivenUp() {
        return RingCounters.isGivenUp(memory.counters());
    }

    /** Deletes it, and says closed to those who hope that it goes on. */
    public void giveUp() throws IOException {
        RingCounters.giveUp(memory.counters());
        delete();
        close();
    }

    /** Deletes the file, in which nothing is left. Who has it mapped keeps the memory. */
    public void delete() throws IOException {
        FileCalls.delete(path);
    }

    /**
     * Before a close that leaves the file to the next owner: while this process lives, its claims stay its own, as it may
     * still write into them.
     */
    public synchronized void keepClaims() {
        keepsSlot = !closed && hasClaims();
    }

    /** Whether a thread of this process has a claim in it, or is about to say that it has one. */
    private boolean hasClaims() {
        final long tail = memory.tail();
        final RingRecord record = memory.record();
        boolean found = !slot.isQuiet();
        for (record.at(checkpoint.ringPosition()); !found && record.position() < tail; record.next()) {
            found = record.isOpen() && record.isClaim() && RecordType.slot(record.type()) == slot.number();
        }
        return found;
    }

    /** Leaves a file that was deleted while this process attached to it. */
    void abandonSlot() throws IOException {
        slot.leave(memory.tail());
        locks.release(slot.number());
    }

    /** Gives the slot back, and the file to the next owner. What is mapped stays so until nobody can reach it. */
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
