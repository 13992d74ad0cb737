package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import dev.evtl.journal.Claim;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Events of which every byte follows from who published them and as his how manieth, some in claims of several: what
 * is missing, doubled, out of order or changed shows.
 */
public final class Numbered {
    public static final int MAX_PAYLOAD_LENGTH = 4107;

    private static final int FIRST = 12;
    private static final int MORE = 0x10;

    private Numbered() {}

    private static long hash(final int producer, final long number) {
        long hash = (number + 1) * 0x9E3779B97F4A7C15L + producer;
        hash = (hash ^ hash >>> 30) * 0xBF58476D1CE4E5B9L;
        hash = (hash ^ hash >>> 27) * 0x94D049BB133111EBL;
        return hash ^ hash >>> 31;
    }

    /** How many events the claim that begins with this one has. */
    private static int claimSize(final long hash) {
        return (hash >>> 32 & 7) == 0 ? 2 + (int) (hash >>> 35 & 3) : 1;
    }

    private static int length(final long hash, final boolean single) {
        final boolean large = single && (hash & 63) == 0;
        return FIRST + (int) (hash >>> 8 & (large ? 4095 : 63));
    }

    private static int type(final long hash) {
        return 1 + (int) ((hash >>> 40 & 0xFFFF) % 239);
    }

    private static int flags(final long hash) {
        return (int) (hash >>> 56 & 15);
    }

    private static byte filler(final long hash, final int index) {
        return (byte) ((hash >>> (index & 31)) + index);
    }

    private static void put(
            final MutableDirectBuffer buffer,
            final int index,
            final int producer,
            final long number,
            final long hash,
            final int length) {
        buffer.putInt(index, producer);
        buffer.putLong(index + Integer.BYTES, number);
        for (int i = FIRST; i < length; i++) {
            buffer.putByte(index + i, filler(hash, i));
        }
    }

    /** Checks a file that may not have been closed, but in which nothing durable is damaged. */
    public static Checker check(final Path file, final int producers, final String what) throws IOException {
        final JournalScan scan = JournalScan.of(file);
        assertNotEquals(Condition.CORRUPT, scan.condition(), () -> what + ": " + scan.reason());
        final Checker checker = new Checker(producers, what).checkFile(Files.readAllBytes(file), scan.validEnd());
        assertEquals(scan.events(), checker.events(), what);
        return checker;
    }

    /** Opens a file that was checked, appends to it, closes it, and returns how many events there are by producer. */
    public static long[] goOn(final Path file, final JournalConfig config, final Checker found) throws IOException {
        final long[] next = found.eventsByProducer();
        try (Journal journal = Journal.open(file, config)) {
            for (int i = 0; i < next.length; i++) {
                final Producer producer = new Producer(journal, i, next[i]);
                assertTrue(producer.publish(20) > 0, found.what);
                next[i] = producer.next();
            }
            journal.sync();
        }
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition(), found.what);
        assertArrayEquals(next, check(file, next.length, found.what).eventsByProducer(), found.what);
        return next;
    }

    /** One that publishes, going on from a number. For one thread. */
    public static final class Producer {
        private final Publisher publisher;
        private final Claim claim;
        private final EventBatch batch;
        private final int producer;
        private long next;

        public Producer(final Journal journal, final int producer, final long next) {
            this.publisher = journal.publisher();
            this.claim = publisher.newClaim();
            this.batch = publisher.newBatch();
            this.producer = producer;
            this.next = next;
        }

        /** Number of the next event: those before were accepted. */
        public long next() {
            return next;
        }

        /** Publishes the next claim and returns what the publisher said. */
        public long publish() {
            final long hash = hash(producer, next);
            final int size = claimSize(hash);
            final long result = size == 1 ? publishOne(hash) : publishBatch(size);
            if (result > 0) {
                next += size;
            }
            return result;
        }

        private long publishOne(final long hash) {
            final int length = length(hash, true);
            final long result = publisher.tryClaimAt(claim, hash, type(hash), flags(hash), length);
            if (result < 0) {
                return result;
            }
            put(claim.buffer(), 0, producer, next, hash, length);
            return claim.commit();
        }

        private long publishBatch(final int size) {
            int lengths = 0;
            for (int i = 0; i < size; i++) {
                lengths += length(hash(producer, next + i), false);
            }
            final long result = batch.tryClaim(size, lengths);
            if (result < 0) {
                return result;
            }
            for (int i = 0; i < size; i++) {
                final long hash = hash(producer, next + i);
                final int length = length(hash, false);
                put(batch.nextAt(hash, type(hash), flags(hash), length), 0, producer, next + i, hash, length);
            }
            return batch.commit();
        }

        /** Until so many more are published, or the journal takes no more. */
        public long publish(final long count) {
            final long end = next + count;
            long result = 1;
            while (next < end && result > 0) {
                result = publish();
            }
            return result;
        }
    }

    /** Takes the events of a journal in their order and fails at the first that is not what must be there. */
    public static final class Checker {
        private final String what;
        private final long[] next;
        private final int[] leftOfClaim;
        private long sequence;

        public Checker(final int producers, final String what) {
            this.what = what;
            this.next = new long[producers];
            this.leftOfClaim = new int[producers];
        }

        /** Events so far. */
        public long events() {
            return sequence;
        }

        /** Events of a producer so far. */
        public long events(final int producer) {
            return next[producer];
        }

        public long[] eventsByProducer() {
            return next.clone();
        }

        public void check(
                final long eventSequence,
                final long timestamp,
                final int type,
                final int flags,
                final DirectBuffer buffer,
                final int offset,
                final int length) {
            if (length < FIRST) {
                fail(what + ": event " + eventSequence + " of " + length + " bytes was never published");
            }
            final int producer = buffer.getInt(offset);
            final long number = buffer.getLong(offset + Integer.BYTES);
            if (eventSequence != sequence || producer < 0 || producer >= next.length || number != next[producer]) {
                fail(what + ": event " + eventSequence + " where " + sequence + " is expected is number " + number
                        + " of producer " + producer);
            }
            final long hash = hash(producer, number);
            final boolean first = leftOfClaim[producer] == 0;
            if (first) {
                leftOfClaim[producer] = claimSize(hash);
            }
            final boolean single = first && leftOfClaim[producer] == 1;
            if (timestamp != hash
                    || type != type(hash)
                    || (flags & ~MORE) != flags(hash)
                    || length != length(hash, single)) {
                fail(what + ": the header of event " + sequence + " is not what was published");
            }
            for (int i = FIRST; i < length; i++) {
                if (buffer.getByte(offset + i) != filler(hash, i)) {
                    fail(what + ": byte " + i + " of event " + sequence + " is not what was published");
                }
            }
            leftOfClaim[producer]--;
            next[producer]++;
            sequence++;
        }

        private void check(final StoredEvent event) {
            final int producer = event.data().getInt();
            check(
                    event.sequence(),
                    event.timestamp(),
                    event.type(),
                    event.flags(),
                    new UnsafeBuffer(event.payload()),
                    0,
                    event.payload().length);
            assertEquals(
                    leftOfClaim[producer] > 0,
                    (event.flags() & MORE) != 0,
                    () -> what + ": MORE in event " + event.sequence());
        }

        /** Checks all events before an offset, which is one where no claim is cut. */
        public Checker checkFile(final byte[] file, final long end) {
            StoredEvent.readAll(file, end).forEach(this::check);
            for (int producer = 0; producer < next.length; producer++) {
                assertEquals(0, leftOfClaim[producer], () -> what + ": a claim is cut");
            }
            return this;
        }
    }
}
