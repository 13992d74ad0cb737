package dev.evtl.bench;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;

/** Runs producers at the same time, each on a thread of its own; a single one on the caller's. */
public final class Producers implements AutoCloseable {
    /** Events of one call, so that what is compiled is a call and not a running loop. */
    private static final int CHUNK = 4096;

    private final int count;
    private final ThreadPoolExecutor threads;

    /**
     * Makes the threads.
     *
     * @param count of producers
     */
    public Producers(final int count) {
        this.count = count;
        this.threads =
                count == 1 ? null : new ThreadPoolExecutor(count, count, 0, SECONDS, new LinkedBlockingQueue<>());
        if (threads != null) {
            threads.prestartAllCoreThreads();
        }
    }

    /**
     * Publishes events and returns when all were given to the target.
     *
     * @param target       to publish to
     * @param eventsOfEach producer
     * @throws InterruptedException if it is interrupted
     * @throws ExecutionException   if a producer threw
     */
    public void publish(final EventTarget target, final long eventsOfEach)
            throws InterruptedException, ExecutionException {
        if (threads == null) {
            publish(target.producer(0), eventsOfEach);
            return;
        }
        final List<Callable<Void>> tasks = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            final EventProducer producer = target.producer(i);
            tasks.add(() -> {
                publish(producer, eventsOfEach);
                return null;
            });
        }
        for (final Future<Void> done : threads.invokeAll(tasks)) {
            done.get();
        }
    }

    private static void publish(final EventProducer producer, final long events) {
        for (long i = 0; i < events; i += CHUNK) {
            producer.publishAll(i, Math.min(events, i + CHUNK));
        }
    }

    @Override
    public void close() {
        if (threads != null) {
            threads.shutdownNow();
        }
    }
}
