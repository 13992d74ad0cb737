package dev.evtl.journal.support;

import java.util.List;

/** What a test asks of other threads. */
public final class Threads {
    private Threads() {}

    /** Makes a thread that ends without a word if its work throws. */
    public static Thread quiet(final Runnable work) {
        final Thread thread = new Thread(work);
        thread.setUncaughtExceptionHandler((ended, error) -> {});
        return thread;
    }

    /** Returns when each of these threads waits for another, but for the calling one if it is one of them. */
    public static void awaitOthersWaiting(final List<Thread> threads) {
        threads.stream().filter(thread -> thread != Thread.currentThread()).forEach(Threads::awaitWaiting);
    }

    /** Returns when a thread waits for another, with a limit or without. */
    public static void awaitWaiting(final Thread thread) {
        while (thread.getState() != Thread.State.WAITING && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
    }
}
