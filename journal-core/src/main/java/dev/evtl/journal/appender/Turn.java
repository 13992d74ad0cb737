package dev.evtl.journal.appender;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/** Keeps the word of a {@link Turn} apart from what lies before it in memory. */
abstract class TurnPadding {
    long p00;
    long p01;
    long p02;
    long p03;
    long p04;
    long p05;
    long p06;
    long p07;
    long p08;
    long p09;
    long p10;
    long p11;
    long p12;
    long p13;
    long p14;
    long p15;
}

/** The word. */
abstract class TurnWord extends TurnPadding {
    /**
     * {@link Turn#TAKEN}, {@link Turn#FREE} or {@link Turn#KEPT}. Who has the turn gives it back by a store here and not
     * by a call, for which a thread that has run out of its stack would have no room.
     */
    volatile int word;
}

/**
 * Says which thread may run the appender: at most one has the turn. Nobody waits for it here.
 *
 * <p>A thread that commits a claim and does not get the turn relies on its holder, which looks at the ring again after it
 * has given the turn back. For this not to miss a commit, each side's store must be visible before its load: the
 * committing thread's commit before it loads the turn, and the holder's giving back before it loads the ring. {@link
 * #tryTake} has a full fence between its caller's stores and the load by which it decides that the turn is taken; giving
 * back is a volatile store, which later volatile loads do not overtake. So of the two at least one sees the other:
 * Dekker's argument.
 */
final class Turn extends TurnWord {
    static final int FREE = 0;
    static final int TAKEN = 1;
    /** Free for those who do whole steps, as the appender's thread does, and not for who has just committed. */
    static final int KEPT = 2;

    private static final VarHandle WORD;

    static {
        try {
            WORD = MethodHandles.lookup().findVarHandle(TurnWord.class, "word", int.class);
        } catch (final ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    long q00;
    long q01;
    long q02;
    long q03;
    long q04;
    long q05;
    long q06;
    long q07;
    long q08;
    long q09;
    long q10;
    long q11;
    long q12;
    long q13;
    long q14;
    long q15;

    /** Takes the turn if it is free or kept, for a whole step. */
    boolean tryTakeKept() {
        return word == KEPT && (boolean) WORD.compareAndSet(this, KEPT, TAKEN) || tryTake();
    }

    /** Takes the turn if it is free. */
    boolean tryTake() {
        if (word != FREE) {
            VarHandle.fullFence(); // the load before may have been made before the caller's last store was visible
            if (word != FREE) {
                return false; // without a store, for which threads would take the line from each other
            }
        }
        return WORD.compareAndSet(this, FREE, TAKEN);
    }
}
