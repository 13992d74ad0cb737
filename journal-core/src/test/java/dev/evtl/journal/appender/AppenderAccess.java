package dev.evtl.journal.appender;

import dev.evtl.journal.ring.JournalRing;
import org.agrona.concurrent.NoOpIdleStrategy;

/** What a {@link AppenderRunner} does with its appender, for tests that run one themselves. */
public final class AppenderAccess {
    private AppenderAccess() {}

    /** Does the next step, with the force that it begins. */
    public static void step(final Appender appender) {
        appender.step();
        if (appender.isForcingHere()) {
            appender.force();
            appender.endForce();
        }
    }

    /** Refuses claims from now on. */
    public static void requestClose(final Appender appender) {
        appender.requestClose();
    }

    /** Closes, to the end. */
    public static void close(final Appender appender) {
        appender.requestClose();
        while (!appender.isTerminated()) {
            step(appender);
        }
    }

    /** Returns a runner of an appender without the thread that would do what publishing threads leave to it. */
    public static PublisherRunner publisherRunner(
            final Appender appender, final JournalRing ring, final AppenderSettings settings) {
        return new PublisherRunner(appender, ring, settings, new NoOpIdleStrategy(), Thread::new, "test");
    }

    /** Runs the appender as the thread of its runner does. */
    public static int work(final AppenderRunner runner) {
        return runner.work();
    }

    /** Closes, to the end, as the thread of its runner does. */
    public static void close(final Appender appender, final AppenderRunner runner) {
        appender.requestClose();
        while (!appender.isTerminated()) {
            runner.work();
        }
    }

    /** Waits until another thread has closed it. */
    public static void awaitTermination(final Appender appender) throws InterruptedException {
        while (!appender.isTerminated()) {
            appender.awaitTermination(0);
        }
    }

    /** Waits until another thread has forced what lies before a position of the ring. */
    public static void awaitSync(final Appender appender, final long ringPosition) throws InterruptedException {
        appender.awaitSync(ringPosition, Long.MAX_VALUE, () -> {});
    }
}
