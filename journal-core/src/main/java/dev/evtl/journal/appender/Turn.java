package dev.evtl.journal.appender;

import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.agrona.BitUtil;

/**
 * Says which thread may run the appender: at most one has the turn. Nobody waits for it here.
 *
 * <p>A thread that commits a claim and does not get the turn relies on its holder, which looks at the ring again after it
 * has given the turn back. For this not to miss a commit, each side's store must be visible before its load: the
 * committing thread's commit before it loads the turn, and the holder's giving back before it loads the ring. {@link
 * #tryTake} has a full fence between its caller's stores and the load by which it decides that the turn is taken;
 * {@link #give} is a volatile store, which later volatile loads do not overtake. So of the two at least one sees the
 * other: Dekker's argument.
 */
final class Turn {
    private static final int FREE = 0;
    private static final int TAKEN = 1;
    /** Elements before and behind the word, so that its cache line holds nothing else. */
    private static final int PADDING = 2 * BitUtil.CACHE_LINE_LENGTH / Integer.BYTES;

    private final AtomicIntegerArray words = new AtomicIntegerArray(2 * PADDING + 1);

    /** Takes the turn if it is free. */
    boolean tryTake() {
        if (words.get(PADDING) != FREE) {
            VarHandle.fullFence(); // the load before may have been made before the caller's last store was visible
            if (words.get(PADDING) != FREE) {
                return false; // without a store, for which threads would take the line from each other
            }
        }
        return words.compareAndSet(PADDING, FREE, TAKEN);
    }

    /** Gives the turn back. */
    void give() {
        words.set(PADDING, FREE);
    }
}
