package dev.evtl.journal.appender;

/** What a {@link AppenderRunner} does with its appender, for tests that run one themselves. */
public final class AppenderAccess {
    private AppenderAccess() {}

    /** Refuses claims from now on. */
    public static void requestClose(final Appender appender) {
        appender.requestClose();
    }

    /** Closes, to the end. */
    public static void close(final Appender appender) {
        appender.requestClose();
        while (!appender.isTerminated()) {
            appender.doWork();
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
