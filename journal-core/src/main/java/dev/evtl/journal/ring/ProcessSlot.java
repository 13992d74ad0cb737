package dev.evtl.journal.ring;

import dev.evtl.journal.exceptions.JournalException;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The place of a process in a ring file. Its number stands in every claim that the process makes.
 *
 * <pre>
 *   0               8              16              24              32              40
 *  +---------------+---------------+---------------+---------------+---------------+
 *  |     state     |process number |  free after   |     begun     |     ended     |
 *  +---------------+---------------+---------------+---------------+---------------+
 * </pre>
 *
 * <p>A slot whose process has ended is used again only when the ring's head has passed <em>free after</em>, the tail of
 * when that was noticed: until then claims of the one before may lie in the ring.
 *
 * <p>Between <em>begun</em> and <em>ended</em>, which only grow, a thread of the process may be about to store whose a
 * record is. When both are equal, no thread is. For any thread of its process.
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

    private final UnsafeBuffer buffer;
    private final int offset;
    private final int number;

    ProcessSlot(final UnsafeBuffer buffer, final int number) {
        this.buffer = buffer;
        this.offset = RingLayout.slotOffset(number);
        this.number = number;
    }

    /** Its number, 0 to 127. */
    int number() {
        return number;
    }

    /** Says that a thread begins with what leaves a record without an owner for an instant. */
    void begin() {
        buffer.getAndAddLong(offset + BEGUN_OFFSET, 1);
    }

    /** Says that the thread has done it. */
    void end() {
        buffer.getAndAddLong(offset + ENDED_OFFSET, 1);
    }

    /** Whether there was an instant during the call in which no thread of the process had begun and not ended. */
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

    /** To be used by this process, which has its lock, before its first claim. */
    void use() {
        buffer.putLong(offset + BEGUN_OFFSET, 0);
        buffer.putLong(offset + ENDED_OFFSET, 0);
        buffer.putLong(offset + PROCESS_OFFSET, ProcessHandle.current().pid());
        buffer.putLongRelease(offset + STATE_OFFSET, USED);
    }

    /** Not to be used again before the head has come to where the tail is; by who has its lock. */
    void leave(final long tail) {
        buffer.putLong(offset + FREE_AFTER_OFFSET, tail);
        buffer.putLongRelease(offset + STATE_OFFSET, LEFT);
    }

    boolean isFree(final long head) {
        final long state = state();
        return state == FREE || state == LEFT && head >= buffer.getLong(offset + FREE_AFTER_OFFSET);
    }

    /** Takes a free slot for this process. */
    static ProcessSlot take(final Path path, final RingMemory memory, final RingLocks locks) throws IOException {
        for (int attempt = 0; attempt < RingLocks.ATTEMPTS * RingLayout.SLOTS; attempt++) {
            final int i = attempt % RingLayout.SLOTS;
            if (attempt > 0 && i == 0) {
                RingLocks.pause(); // who looks at the ring holds all for an instant
            }
            if (locks.take(i)) {
                final ProcessSlot candidate = new ProcessSlot(memory.header(), i);
                if (candidate.state() == USED) {
                    candidate.leave(memory.tail()); // its process has ended, and nobody has noticed
                }
                if (candidate.isFree(memory.head())) {
                    candidate.use();
                    return candidate;
                }
                locks.release(i);
            }
        }
        throw new JournalException(path + ": all " + RingLayout.SLOTS + " places for processes are taken");
    }
}
