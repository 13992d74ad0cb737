package dev.evtl.cli.stress;

import com.sun.management.ThreadMXBean;
import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Publisher;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/** Offers events one after the other and keeps count of what became of them. Read by others when its thread has ended. */
final class StressProducer implements Runnable {
    private static final long MAX_WARM_EVENTS = 1_000_000;
    /** Events between two entries into the loop, so that it is compiled as a whole, not in the middle of a long run. */
    private static final int CHUNK = 4096;
    /** How much too late a parked thread can wake. */
    private static final long PARK_SLACK_NANOS = TimeUnit.MICROSECONDS.toNanos(100);

    private final int producer;
    private final long events;
    private final int payload;
    private final int batchLength;
    private final double nanosPerEvent;
    private final double phase;
    private final Publisher publisher;
    private final Claim claim;
    private final EventBatch batch;
    private final ThreadMXBean threads;
    private final CyclicBarrier start;
    private final AtomicBoolean stopped;

    private long firstClaim;
    private long offered;
    private long dropped;
    private long refused;
    private long digest;
    private long allocatedBytes;
    private long allocatingEvents;
    private Throwable failure;

    StressProducer(
            final StressSettings settings,
            final int producer,
            final Publisher publisher,
            final ThreadMXBean threads,
            final CyclicBarrier start,
            final AtomicBoolean stopped) {
        this.producer = producer;
        this.events = settings.eventsOf(producer);
        this.payload = settings.payload();
        this.batchLength = settings.batch();
        this.nanosPerEvent =
                settings.rate() == 0 ? 0 : (double) TimeUnit.SECONDS.toNanos(settings.producers()) / settings.rate();
        this.phase = (double) producer * batchLength / settings.producers();
        this.publisher = publisher;
        this.claim = publisher.newClaim();
        this.batch = publisher.newBatch();
        this.threads = threads;
        this.start = start;
        this.stopped = stopped;
    }

    /** What a producer has written, to compare with what is read. */
    record Written(long offered, long accepted, long digest) {}

    /** After how many of its events a thread has loaded and linked what it needs, so that what it allocates counts. */
    static long warmEvents(final long events) {
        return Math.min(events / 10, MAX_WARM_EVENTS);
    }

    @Override
    public void run() {
        try {
            start.await();
            long allocatedBefore = threads.getCurrentThreadAllocatedBytes();
            long offeredBefore = 0;
            final long warm = warmEvents(events);
            firstClaim = System.nanoTime();
            while (offered < events && !stopped.get()) {
                if (offeredBefore == 0 && offered >= warm) {
                    allocatedBefore = threads.getCurrentThreadAllocatedBytes();
                    offeredBefore = offered;
                }
                final long end = Math.min(events, offered + CHUNK);
                if (batchLength == 1) {
                    offerEach(end);
                } else {
                    offerBatches(end);
                }
            }
            allocatedBytes = threads.getCurrentThreadAllocatedBytes() - allocatedBefore;
            allocatingEvents = offered - offeredBefore;
        } catch (final Throwable t) {
            failure = t; // for the thread that waits for this one
            stopped.set(true);
        }
    }

    private void offerEach(final long end) {
        long number = offered;
        long accepted = 0;
        while (number < end && isTurn(number)) {
            long result = publisher.tryClaimAt(
                    claim, number, StressPayload.type(producer), StressPayload.flags(number), payload);
            if (result > 0) {
                StressPayload.fill(claim.buffer(), 0, payload, producer, number);
                result = claim.commit();
            }
            if (result > 0) {
                accepted += StressPayload.key(producer, number);
            } else {
                countLost(result, 1);
            }
            number++;
        }
        offered = number;
        digest += accepted;
    }

    private void offerBatches(final long end) {
        long number = offered;
        long accepted = 0;
        while (number < end && isTurn(number)) {
            final int length = (int) Math.min(batchLength, events - number);
            long result = batch.tryClaim(length, length * payload);
            if (result > 0) {
                for (long i = number; i < number + length; i++) {
                    StressPayload.fill(
                            batch.nextAt(i, StressPayload.type(producer), StressPayload.flags(i), payload),
                            0,
                            payload,
                            producer,
                            i);
                }
                result = batch.commit();
            }
            if (result > 0) {
                for (long i = number; i < number + length; i++) {
                    accepted += StressPayload.key(producer, i);
                }
            } else {
                countLost(result, length);
            }
            number += length;
        }
        offered = number;
        digest += accepted;
    }

    private void countLost(final long result, final int count) {
        if (result == Publisher.DROPPED) {
            dropped += count;
        } else {
            refused += count;
            if (result != Publisher.BACK_PRESSURED) {
                stopped.set(true); // closed or failed
            }
        }
    }

    /** Waits for the time at which an event is due, however late the ones before it were. */
    private boolean isTurn(final long number) {
        if (nanosPerEvent != 0) {
            final long due = firstClaim + (long) ((number + phase) * nanosPerEvent);
            for (long early = due - System.nanoTime(); early > 0 && !stopped.get(); early = due - System.nanoTime()) {
                if (early > PARK_SLACK_NANOS) {
                    LockSupport.parkNanos(Math.min(early - PARK_SLACK_NANOS, TimeUnit.MILLISECONDS.toNanos(1)));
                } else {
                    Thread.yield(); // there may be more producers than cores
                }
            }
        }
        return !stopped.get();
    }

    Written written() {
        return new Written(offered, offered - dropped - refused, digest);
    }

    long firstClaim() {
        return firstClaim;
    }

    /** What the thread allocated while it offered {@link #allocatingEvents}. */
    long allocatedBytes() {
        return allocatedBytes;
    }

    long allocatingEvents() {
        return allocatingEvents;
    }

    Throwable failure() {
        return failure;
    }
}
