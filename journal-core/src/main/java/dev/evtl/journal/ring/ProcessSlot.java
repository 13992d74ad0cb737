package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.io.ProcessIdentity;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The place of a process in a ring file, used by all threads of that process and read by the appender. Its number is in
 * every claim that the process makes.
 *
 * <pre>
 *   0               8              16              24              32              40              48              56
 *  +---------------+---------------+---------------+---------------+---------------+---------------+---------------+
 *  |     state     |process number |  free after   |     begun     |     ended     | process start |  namespaces   |
 *  +---------------+---------------+---------------+---------------+---------------+---------------+---------------+
 * </pre>
 *
 * <p>A process that has the slot is dead when its lock is free and it is not known to live ({@link ProcessIdentity}).
 * The lock alone does not tell: a process loses it without a word when anything in it closes any descriptor of the lock
 * file, or when that file is deleted.
 *
 * <p>When a process has ended, its claims may still lie in the ring. Its slot is therefore used again only after the
 * ring's head has passed <em>free after</em>, the tail at the time when the end was noticed.
 *
 * <p><em>Begun</em> and <em>ended</em> are counters that only grow while a process has the slot. While they differ, a
 * thread of the process may be about to store the owner of a record. When they are equal, no thread is.
 */
final class ProcessSlot {
    static final long FREE = 0;
    static final long USED = 1;
    static final long LEFT = 2;

    private static final int STATE_OFFSET = 0;
    private static final int PROCESS_OFFSET = 8;
    private static final int FREE_AFTER_OFFSET = 16;
    private static final int BEGUN_OFFSET = 24;
    private static final int ENDED_OFFSET = 32;
    private static final int START_OFFSET = 40;
    private static final int NAMESPACES_OFFSET = 48;

    private final UnsafeBuffer buffer;
    private final int offset;
    private final int number;

    ProcessSlot(final UnsafeBuffer buffer, final int number) {
        this.buffer = buffer;
        this.offset = RingLayout.slotOffset(number);
        this.number = number;
    }

    /** Returns the number of the slot, 0 to 127. */
    int number() {
        return number;
    }

    /** Notes that a thread begins to claim, which leaves a record without an owner for an instant. */
    void begin() {
        buffer.getAndAddLong(offset + BEGUN_OFFSET, 1);
    }

    /** Notes that the thread has finished claiming. */
    void end() {
        buffer.getAndAddLong(offset + ENDED_OFFSET, 1);
    }

    /** Returns whether there was an instant during this call at which no thread of the process was claiming. */
    boolean isQuiet() {
        final long ended = buffer.getLongVolatile(offset + ENDED_OFFSET);
        return buffer.getLongVolatile(offset + BEGUN_OFFSET) == ended;
    }

    long state() {
        return buffer.getLongVolatile(offset + STATE_OFFSET);
    }

    long process() {
        return buffer.getLongVolatile(offset + PROCESS_OFFSET);
    }

    /** Returns whether a process has the slot and is known to live, whatever became of its lock. */
    boolean isUsedByLivingProcess() {
        return state() == USED
                && new ProcessIdentity(
                                        process(),
                                        buffer.getLong(offset + START_OFFSET),
                                        buffer.getLong(offset + NAMESPACES_OFFSET))
                                .state()
                        == ProcessIdentity.State.ALIVE;
    }

    /** Takes the slot for this process, which must hold its lock, before the first claim. */
    void use() {
        buffer.putLong(offset + BEGUN_OFFSET, 0);
        buffer.putLong(offset + ENDED_OFFSET, 0);
        final ProcessIdentity process = ProcessIdentity.current();
        buffer.putLong(offset + PROCESS_OFFSET, process.number());
        buffer.putLong(offset + START_OFFSET, process.start());
        buffer.putLong(offset + NAMESPACES_OFFSET, process.namespaces());
        buffer.putLongRelease(offset + STATE_OFFSET, USED);
    }

    /** Returns the number of the slot of the owner, or last owner if it died; -1 if the last one has given it up. */
    static int ofOwner(final UnsafeBuffer header) {
        final long found = header.getLongVolatile(RingLayout.OWNER_SLOT_OFFSET);
        return found > 0 && found <= RingLayout.SLOTS ? (int) found - 1 : -1;
    }

    /** Gives the slot up, to be used again once the head has reached this tail. The caller must hold its lock. */
    void leave(final long tail) {
        buffer.putLong(offset + FREE_AFTER_OFFSET, tail);
        buffer.putLongRelease(offset + STATE_OFFSET, LEFT);
    }

    boolean isFree(final long head) {
        final long state = state();
        return state == FREE || state == LEFT && head >= buffer.getLong(offset + FREE_AFTER_OFFSET);
    }

    /**
     * Takes a free slot for this process. That of an owner that died is only for the next owner: with another process
     * in it, the owner would seem to live.
     *
     * @throws JournalException if all slots are taken
     */
    static ProcessSlot take(final Path path, final RingMemory memory, final RingLocks locks, final boolean owner)
            throws IOException {
        for (int attempt = 0; attempt < RingLocks.ATTEMPTS * RingLayout.SLOTS; attempt++) {
            final int i = attempt % RingLayout.SLOTS;
            if (attempt > 0 && i == 0) {
                RingLocks.pause(); // a process that inspects the ring holds all locks for an instant
            }
            if ((owner || i != ofOwner(memory.header())) && locks.take(i)) {
                final ProcessSlot candidate = new ProcessSlot(memory.header(), i);
                final boolean dead = !candidate.isUsedByLivingProcess();
                if (dead && candidate.state() == USED) {
                    candidate.leave(memory.tail()); // its process has ended without giving it up
                }
                if (dead && candidate.isFree(memory.head())) {
                    candidate.use();
                    return candidate;
                }
                locks.release(i);
            }
        }
        throw new JournalException(path + ": all " + RingLayout.SLOTS + " places for processes are taken");
    }
}
