package dev.evtl.journal;

import dev.evtl.journal.appender.Appender;
import dev.evtl.journal.appender.AppenderAccess;
import dev.evtl.journal.appender.AppenderEvents;
import dev.evtl.journal.appender.AppenderSettings;
import dev.evtl.journal.appender.JournalLease;
import dev.evtl.journal.appender.PublisherRunner;
import dev.evtl.journal.appender.PublishingHelp;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.ring.JournalRing;
import java.time.Duration;
import java.util.StringJoiner;
import java.util.concurrent.ThreadLocalRandom;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;

/**
 * What a {@link Journal} is made of, without a file and a thread: a ring that eight of the events here that are long
 * fill, its publisher, its appender, which the actors run, and its statistics. An event's type is its number, and its
 * payload repeats it.
 */
class Rig {
    private static final int RING_SIZE = 1024;
    private static final int PAYLOAD_LENGTH = 8;
    /** With which an event takes an eighth of the ring. */
    private static final int LONG_PAYLOAD_LENGTH = 104;

    private static final ThreadLocal<Walk> WALK = ThreadLocal.withInitial(Walk::new);

    /** Waits as long as it must. */
    static JournalConfig.Builder config() {
        return JournalConfig.builder()
                .ringSize(RING_SIZE)
                .maxPayloadLength(112)
                .blockIdleStrategy(YieldingIdleStrategy::new)
                .closeTimeout(Duration.ofMinutes(10))
                .stuckClaimTimeout(Duration.ofMinutes(10))
                .listener(JournalListener.NONE)
                .clock(() -> 1);
    }

    final MemoryStorage storage;
    final JournalRing ring;
    final Publisher publisher;
    final Appender appender;
    /** Has the publisher run the appender too, if the config says so. */
    final PublisherRunner runner;

    final JournalStats stats;

    Rig(final JournalConfig config) {
        this(config, new MemoryStorage(false, false));
    }

    Rig(final JournalConfig config, final MemoryStorage storage) {
        this.storage = storage;
        this.ring = JournalRing.inMemory(RING_SIZE, config.singleProducer);
        final AppenderSettings settings = config.appenderSettings(AppenderEvents.NONE);
        this.appender = new Appender(settings, ring, storage, JournalLease.NONE);
        this.runner = AppenderAccess.publisherRunner(appender, ring, settings);
        this.publisher = new Publisher(
                ring,
                config,
                config.maxPayloadLength,
                config.appenderMode == AppenderMode.PUBLISHERS ? runner : PublishingHelp.NONE);
        this.stats = new LiveStats(ring, storage, appender, Long.MAX_VALUE);
    }

    /** Fills the ring with events of type 9, but for a number of long events. */
    final void fill(final int butFor) {
        for (int i = butFor; i < 8; i++) {
            commit(claim(9, LONG_PAYLOAD_LENGTH), 9);
        }
    }

    final String offer(final int number) {
        return offer(number, PAYLOAD_LENGTH);
    }

    final String offerLong(final int number) {
        return offer(number, LONG_PAYLOAD_LENGTH);
    }

    private String offer(final int number, final int length) {
        final Claim claim = publisher.newClaim();
        final long result = publisher.tryClaim(claim, number, length);
        return result < 0 ? name(result) : commit(claim, number);
    }

    final Claim claim(final int number) {
        return claim(number, PAYLOAD_LENGTH);
    }

    private Claim claim(final int number, final int length) {
        final Claim claim = publisher.newClaim();
        publisher.tryClaim(claim, number, length);
        return claim;
    }

    final String commit(final Claim claim, final int number) {
        put(claim.buffer(), number);
        return name(claim.commit());
    }

    /** Two events in one claim. */
    final String offerBatch(final int first, final int second) {
        final EventBatch batch = publisher.newBatch();
        final long result = batch.tryClaim(2, 2 * PAYLOAD_LENGTH);
        if (result < 0) {
            return name(result);
        }
        put(batch.next(first, PAYLOAD_LENGTH), first);
        put(batch.next(second, PAYLOAD_LENGTH), second);
        return name(batch.commit());
    }

    private static void put(final MutableDirectBuffer buffer, final int number) {
        buffer.putLong(0, number * 0x0101_0101_0101_0101L);
    }

    static String name(final long result) {
        if (result > 0) {
            return "accepted";
        }
        return switch ((int) result) {
            case (int) Publisher.BACK_PRESSURED -> "back-pressured";
            case (int) Publisher.DROPPED -> "dropped";
            case (int) Publisher.CLOSED -> "closed";
            case (int) Publisher.FAILED -> "failed";
            default -> "result " + result;
        };
    }

    /** Lets the other actor go ahead, by chance not at all or as far as it ever comes. */
    static void stagger() {
        for (int i = ThreadLocalRandom.current().nextInt(24); i > 0; i--) {
            Thread.onSpinWait();
        }
    }

    /** Runs the appender a few times. */
    final void append() {
        for (int i = 0; i < 3; i++) {
            AppenderAccess.step(appender);
        }
    }

    final void close() {
        AppenderAccess.close(appender);
    }

    /** As {@link Journal#sync} on a thread that does not run the appender. */
    final String sync() {
        return durableAfter(() -> AppenderAccess.awaitSync(appender, ring.tail()));
    }

    /** As {@link Journal#sync} on a thread that may force itself. What it leaves, it then does as the appender's. */
    final String lead() {
        final String durable = durableAfter(() -> runner.awaitSync(ring.tail(), Long.MAX_VALUE));
        workAsWoken();
        return durable;
    }

    /** Does what the appender's thread would, which publishing threads wake for what they leave to it. */
    final void workAsWoken() {
        while (AppenderAccess.work(runner) > 0) {
            Thread.onSpinWait();
        }
    }

    private interface Wait {
        void await() throws InterruptedException;
    }

    private String durableAfter(final Wait wait) {
        try {
            wait.await();
            return Long.toString(storage.durable());
        } catch (final JournalFailedException e) {
            return "failed";
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** As {@link Journal#sync} on the thread that runs the appender. */
    final String syncHere() {
        final long position = ring.tail();
        while (!appender.isSynced(position)) {
            AppenderAccess.step(appender);
        }
        return Long.toString(storage.durable());
    }

    final void awaitTermination() {
        try {
            AppenderAccess.awaitTermination(appender);
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** What a reader sees now, and what is wrong with it. */
    final String read() {
        return WALK.get().read(storage.file);
    }

    /**
     * What is in the file when all is over, and whether the statistics agree with it and with what the producers were
     * told of each event that they offered.
     */
    final String outcome(final int accepted, final Object... results) {
        if (!appender.isTerminated()) {
            close();
        }
        final Walk walk = WALK.get();
        final StringBuilder outcome = new StringBuilder(walk.read(storage.file));
        long refused = 0;
        long dropped = 0;
        long taken = accepted;
        for (final Object result : results) {
            switch ((String) result) {
                case "accepted" -> taken++;
                case "dropped" -> dropped++;
                default -> refused++;
            }
        }
        expect(outcome, "journaled", walk.events, stats.getJournaledEvents());
        expect(outcome, "refused", refused, stats.getRefusedEvents());
        expect(outcome, "accepted", taken, stats.getAcceptedEvents());
        expect(outcome, "offered", taken + dropped + refused, stats.getOfferedEvents());
        expect(outcome, "dropped", taken - walk.events + dropped, stats.getDroppedEvents());
        if (appender.failure() == null) {
            expect(outcome, "in the gaps", dropped, walk.dropped);
            expect(outcome, "in the file", taken, walk.events);
        }
        return outcome.toString();
    }

    private static void expect(final StringBuilder outcome, final String what, final long expected, final long found) {
        if (expected != found) {
            outcome.append("; ").append(what).append(": expected ").append(expected);
            outcome.append(", found ").append(found);
        }
    }

    /** Reads a file as a reader does: what lies before write_offset, verified. */
    private static final class Walk {
        private UnsafeBuffer file;
        private final EventVerifier block = new EventVerifier(MemoryStorage.header(), this::copy);
        private long events;
        private long dropped;

        private int copy(final long position, final byte[] target, final int length) {
            file.getBytes((int) position, target, 0, length);
            return length;
        }

        String read(final UnsafeBuffer from) {
            file = from;
            events = 0;
            dropped = 0;
            final long end = FileHeader.writeOffset(file);
            final long count = FileHeader.eventCount(file);
            long all = 0;
            final StringJoiner seen = new StringJoiner(" ");
            for (long position = FileHeader.LENGTH; position < end; ) {
                final int length = block.next(position, end);
                if (length == 0) {
                    return seen + " damaged: " + block.problem();
                }
                seen.add(event());
                position += length;
                all++;
            }
            if (count < all) {
                seen.add("event_count " + count);
            }
            return seen.length() == 0 ? "nothing" : seen.toString();
        }

        private String event() {
            final DirectBuffer buffer = block.buffer();
            final int payload = block.index() + EventHeader.LENGTH;
            final int type = EventHeader.type(block.word());
            if (type == EventHeader.TYPE_GAP) {
                dropped += GapEvent.dropped(buffer, payload);
                return "gap:" + GapEvent.dropped(buffer, payload);
            }
            events++;
            final boolean intact = buffer.getLong(payload) == type * 0x0101_0101_0101_0101L;
            return (intact ? "" : "wrong:") + type;
        }
    }
}
