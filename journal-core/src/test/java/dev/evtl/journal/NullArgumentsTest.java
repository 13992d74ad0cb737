package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.EIGHTH_OF_RING;
import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.NullArguments;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.DayOfWeek;
import java.time.Duration;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.function.LongConsumer;
import java.util.function.Supplier;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.IdleStrategy;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.YieldingIdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NullArgumentsTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    @Test
    void nullThatTheApplicationReturnsIsNamedToo() throws IOException {
        final Path file = directory.resolve("n.evtl");
        final JournalConfig threadless =
                JournalConfig.builder().threadFactory(work -> null).build();
        assertEquals(
                "what threadFactory returns",
                assertThrows(NullPointerException.class, () -> Journal.open(file, threadless))
                        .getMessage());
        assertFalse(Files.exists(file));
        final JournalConfig config = small().backPressure(BackPressure.BLOCK)
                .blockIdleStrategy(() -> null)
                .build();
        try (Journal journal = Journal.open(file, config)) {
            final Claim open = claim(journal.publisher(), 1, EIGHTH_OF_RING);
            for (int i = 0; i < 7; i++) {
                assertTrue(journal.publisher().offer(1, payload(EIGHTH_OF_RING), 0, EIGHTH_OF_RING) > 0);
            }
            assertEquals(
                    "what blockIdleStrategy returns",
                    assertThrows(
                                    NullPointerException.class,
                                    () -> journal.publisher().offer(1, payload(EIGHTH_OF_RING), 0, EIGHTH_OF_RING))
                            .getMessage());
            assertEquals(7, journal.stats().getOfferedEvents(), "what an exception rejected is not counted");
            open.abort();
        }
    }

    @Test
    void everyNullIsRefusedByTheNameOfItsParameter() throws Exception {
        final Path ring = directory.resolve("n.ring");
        final JournalConfig config = JournalConfig.builder().ringFile(ring).build();
        try (Journal journal = Journal.open(directory.resolve("n.evtl"), config);
                AttachedPublisher attached = Journal.attach(ring)) {
            Events.offer(journal, 0, 1);
            final Map<Class<?>, Object> values = new HashMap<>();
            values.put(Journal.class, journal);
            values.put(AttachedPublisher.class, attached);
            values.put(Publisher.class, journal.publisher());
            values.put(Claim.class, journal.publisher().newClaim());
            values.put(JournalConfig.class, config);
            values.put(JournalConfig.Builder.class, JournalConfig.builder());
            values.put(JournalListener.class, JournalListener.NONE);
            values.put(OpenMode.class, OpenMode.APPEND);
            values.put(BackPressure.class, BackPressure.DROP);
            values.put(StorageMode.class, StorageMode.WRITE);
            values.put(WhenFull.class, WhenFull.DROP);
            values.put(SyncPolicy.class, SyncPolicy.NONE);
            values.put(RollTimes.class, RollTimes.every(Duration.ofHours(1)));
            values.put(ZoneId.class, ZoneOffset.UTC);
            values.put(LocalTime.class, LocalTime.NOON);
            values.put(DayOfWeek.class, DayOfWeek.MONDAY);
            values.put(Growth.class, Growth.DOUBLING);
            values.put(RollTimes.class, RollTimes.NONE);
            values.put(LocalTime.class, LocalTime.NOON);
            values.put(ZoneId.class, ZoneOffset.UTC);
            values.put(DayOfWeek.class, DayOfWeek.MONDAY);
            values.put(Path.class, directory.resolve("none"));
            values.put(Duration.class, Duration.ofMillis(1));
            values.put(LongConsumer.class, (LongConsumer) offset -> {});
            values.put(DirectBuffer.class, new UnsafeBuffer(new byte[64]));
            values.put(EpochNanoClock.class, SystemEpochNanoClock.INSTANCE);
            values.put(AppenderMode.class, AppenderMode.THREAD);
            values.put(IdleStrategy.class, YieldingIdleStrategy.INSTANCE);
            values.put(Supplier.class, (Supplier<IdleStrategy>) () -> YieldingIdleStrategy.INSTANCE);
            values.put(ThreadFactory.class, (ThreadFactory) Thread::new);
            values.put(Set.class, PosixFilePermissions.fromString("rw-------"));
            final int calls = NullArguments.assertAreNamed(Journal.class, values, JournalListener.class);
            assertTrue(calls > 40, calls + " calls");
        }
    }
}
