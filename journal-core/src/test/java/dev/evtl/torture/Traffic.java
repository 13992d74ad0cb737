package dev.evtl.torture;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalStats;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.torture.Numbered.Producer;
import java.util.Random;

/**
 * Threads that publish into a journal and sync now and then, until it takes no more or they are told to stop. What they
 * were told is kept in shared numbers.
 */
final class Traffic {
    /** And the three after it: number of the first event of each producer that it was not told is durable. */
    static final int ACKNOWLEDGED = 0;

    static final int OPENED = ACKNOWLEDGED + Setup.MAX_PRODUCERS;
    static final int DURABLE = OPENED + 1;
    static final int JOURNALED = DURABLE + 1;
    static final int ALLOCATED = JOURNALED + 1;
    static final int STOP = ALLOCATED + 1;
    /** Set when the storage is gone: what is published from then on cannot become durable. */
    static final int GONE = STOP + 1;

    /** Set when a sync succeeded all the same. */
    static final int LIE = GONE + 1;

    static final int SHARED = LIE + 1;

    private final Journal journal;
    private final SharedLongs shared;
    private final Thread[] threads;
    private final long[] next;

    Traffic(final Journal journal, final SharedLongs shared, final long[] next, final Random random) {
        this.journal = journal;
        this.shared = shared;
        this.next = next;
        this.threads = new Thread[next.length];
        for (int i = 0; i < threads.length; i++) {
            final int number = i;
            final Random own = new Random(random.nextLong());
            threads[i] = new Thread(() -> publish(number, own));
            threads[i].start();
        }
    }

    private void publish(final int number, final Random random) {
        final Producer producer = new Producer(journal, number, next[number]);
        final int burstsPerSync = (int) Math.pow(1000, random.nextDouble());
        try {
            boolean gone = shared.get(GONE) != 0;
            while (shared.get(STOP) == 0 && producer.publish((long) Math.pow(500, random.nextDouble())) > 0) {
                if (random.nextInt(burstsPerSync) == 0) {
                    journal.sync();
                    shared.set(gone ? LIE : ACKNOWLEDGED + number, producer.next());
                }
                gone = shared.get(GONE) != 0;
            }
        } catch (final JournalFailedException e) {
            // so says the journal to everybody
        }
        next[number] = producer.next();
    }

    /** Returns how many events of each producer were accepted, once all have ended. */
    long[] join() throws InterruptedException {
        for (final Thread thread : threads) {
            while (thread.isAlive()) {
                tell();
            }
            thread.join();
        }
        tell();
        return next;
    }

    private void tell() {
        final JournalStats stats = journal.stats();
        shared.set(DURABLE, stats.getDurableOffset());
        shared.set(JOURNALED, stats.getJournaledEvents());
        shared.set(ALLOCATED, stats.getAllocatedBytes());
    }
}
