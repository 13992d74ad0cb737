package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.drain;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.exceptions.JournalFullException;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.MortalStorage;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A file that may not grow any more. */
@Timeout(60)
class MaximumSizeTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private long time;

    @BeforeEach
    void setFile() {
        file = directory.resolve("m.evtl");
    }

    private Journal open(final long maximum, final WhenFull whenFull) {
        return Journal.open(
                file,
                tiny().maxSize(maximum, whenFull)
                        .clock(() -> ++time)
                        .listener(JournalListener.NONE)
                        .build());
    }

    private long offer(final Journal journal) {
        final long result = journal.publisher().offer(1, payload(104), 0, 104);
        drain(journal);
        return result;
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 5000, 8192, 12_345})
    void failingJournalKeepsWhatItHolds(final long maximum) throws IOException {
        final Journal journal = open(maximum, WhenFull.FAIL);
        final long fitting = (maximum - 64) / 120;
        for (int i = 0; i < fitting; i++) {
            assertTrue(offer(journal) > 0);
            assertEquals("running", journal.stats().getState());
        }
        assertEquals(100.0 * (64 + fitting * 120) / maximum, journal.stats().getPercentFull());
        assertTrue(offer(journal) > 0, "into the ring");
        final Throwable failure = journal.failure().orElseThrow();
        assertInstanceOf(JournalFullException.class, failure);
        assertEquals(
                file.toRealPath() + ": has reached its maximum, " + maximum
                        + " bytes; open another file, or this one with a larger maxSize",
                failure.getMessage());
        assertEquals(Publisher.FAILED, offer(journal));
        assertThrows(JournalFailedException.class, journal::sync);
        assertThrows(JournalFailedException.class, journal::close);
        assertEquals(maximum, Files.size(file));
        assertEquals(fitting, StoredEvent.readAll(file).size());
        assertEquals(
                List.of(fitting, 1L, 1L),
                List.of(
                        journal.stats().getJournaledEvents(),
                        journal.stats().getDroppedEvents(),
                        journal.stats().getRefusedEvents()));

        try (Journal larger = open(maximum + 4096, WhenFull.FAIL)) {
            assertEquals(fitting, larger.recovery().orElseThrow().events());
            assertTrue(offer(larger) > 0);
        }
        assertEquals(fitting + 1, StoredEvent.readAll(file).size());
    }

    @ParameterizedTest
    @ValueSource(longs = {4096, 5000, 8192, 12_345})
    void droppingJournalSaysSoAtOnceAndInTheEndHowMany(final long maximum) throws IOException {
        final Journal journal = open(maximum, WhenFull.DROP);
        long offered = 0;
        while (journal.stats().getDroppedEvents() < 10) {
            assertTrue(offer(journal) > 0);
            offered++;
            if (journal.stats().getDroppedEvents() == 1) {
                assertGap(StoredEvent.readAll(file), 1, time, time);
            }
        }
        final long lastDrop = time;
        journal.close();
        final List<StoredEvent> events = StoredEvent.readAll(file);
        final long journaled = offered - 10;
        assertEquals(journaled + 2, events.size());
        assertGap(events.subList(0, events.size() - 1), 1, lastDrop - 9, lastDrop - 9);
        assertGap(events, 9, lastDrop - 8, lastDrop);
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition());
        assertEquals(10, scan.dropped());
        assertTrue(Files.size(file) <= maximum);
        assertTrue(Files.size(file) > maximum - 120 - 80, "no more room than for the gaps is left unused");
        assertEquals(journaled, journal.stats().getJournaledEvents());
        assertEquals(offered, journal.stats().getOfferedEvents());
        assertEquals(10 * 120, journal.stats().getDroppedBytes());
    }

    /** All of them, whichever way the file goes on: with its ring file, without it, by a recovery or a salvage. */
    @ParameterizedTest
    @EnumSource
    void eventLongerThanTheFileMayGetIsAnEventForWhichItHasNoRoom(final WhenFull whenFull) throws IOException {
        final int length = 8192;
        final Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .appenderMode(AppenderMode.INVOKER)
                        .maxSize(4096, whenFull)
                        .listener(JournalListener.NONE)
                        .build());
        assertTrue(journal.publisher().offer(1, payload(length), 0, length) > 0, "into the ring");
        drain(journal);
        if (whenFull == WhenFull.FAIL) {
            assertInstanceOf(JournalFullException.class, journal.failure().orElseThrow());
            assertThrows(JournalFailedException.class, journal::close);
            assertEquals(List.of(), StoredEvent.readAll(file));
        } else {
            assertTrue(offer(journal) > 0, "a full file stays full");
            journal.close();
            assertEquals(2, journal.stats().getDroppedEvents());
            assertEquals(2, JournalScan.of(file).dropped());
            assertEquals(2, StoredEvent.readAll(file).size(), "two gaps, at the first drop and at the close");
        }
        assertTrue(Files.size(file) <= 4096);
    }

    @ParameterizedTest
    @ValueSource(strings = {"with the ring", "without the ring", "another ring", "recover", "salvage"})
    void dropsOfAProcessThatDiedAreOnRecord(final String how) throws IOException {
        final Path ring = directory.resolve("m.ring");
        final JournalConfig.Builder config =
                tiny().maxSize(4096, WhenFull.DROP).clock(() -> ++time).listener(JournalListener.NONE);
        final MortalStorage.Life life =
                MortalStorage.open(file, config.ringFile(ring).build());
        long offered = 0;
        while (life.journal().stats().getDroppedEvents() < 10) {
            assertTrue(offer(life.journal()) > 0);
            offered++;
        }
        final long lastDrop = time;
        life.storage().kill();

        final JournalConfig.Builder other = tiny().listener(JournalListener.NONE);
        Path kept = file;
        switch (how) {
            case "with the ring" ->
                Journal.open(file, other.ringFile(ring).build()).close();
            case "recover" -> JournalRecovery.recover(file, position -> {});
            case "salvage" -> {
                kept = directory.resolve("s.evtl");
                JournalSalvage.salvage(file, kept, position -> {});
            }
            default -> {
                if (how.equals("another ring")) {
                    other.ringFile(directory.resolve("other.ring"));
                }
                final JournalException e =
                        assertThrows(JournalException.class, () -> Journal.open(file, other.build()));
                assertTrue(
                        e.getMessage()
                                .contains("its ring file " + ring + " holds 0 events that were accepted and 9 drops"),
                        e.getMessage());
                assertTrue(Files.exists(ring), "nothing is taken away");
                Journal.open(file, tiny().ringFile(ring).build()).close();
            }
        }
        final List<StoredEvent> events = StoredEvent.readAll(kept);
        assertGap(events, 9, lastDrop - 8, lastDrop);
        final JournalScan scan = JournalScan.of(kept);
        assertEquals(Condition.CLEAN, scan.condition());
        assertEquals(10, scan.dropped());
        assertEquals(offered, events.size() - 2 + scan.dropped());
    }

    /** Direct I/O writes whole blocks, also the last one. */
    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void fileIsNeverLongerThanItsMaximum(final StorageMode mode, @TempDir final Path disk) throws IOException {
        final Path full = disk.resolve("full.evtl");
        final JournalConfig config = tiny().storage(mode)
                .maxSize(12_345, WhenFull.FAIL)
                .listener(JournalListener.NONE)
                .build();
        final Journal journal = Journal.open(full, config);
        while (offer(journal) > 0) {
            assertTrue(Files.size(full) <= 12_345, "length " + Files.size(full));
        }
        assertInstanceOf(JournalFullException.class, journal.failure().orElseThrow());
        assertTrue(journal.stats().getFileOffset() > 12_345 - 4096 - 120, "all but a block is used");
        assertThrows(JournalFailedException.class, journal::close);
        assertTrue(Files.size(full) <= 12_345, "length " + Files.size(full));
    }

    private static void assertGap(
            final List<StoredEvent> events, final long dropped, final long firstTimestamp, final long lastTimestamp) {
        final StoredEvent gap = events.get(events.size() - 1);
        assertEquals(StoredEvent.GAP, gap.type());
        assertEquals(dropped, gap.data().getLong(0));
        assertEquals(firstTimestamp, gap.data().getLong(8));
        assertEquals(lastTimestamp, gap.data().getLong(16));
    }

    @Test
    void gapForAFullFileCountsDropsOfAFullRingToo() throws IOException {
        final Journal journal = Journal.open(
                file,
                tiny().maxSize(4096, WhenFull.DROP)
                        .backPressure(BackPressure.DROP)
                        .build());
        long offered = 0;
        while (offered < 1000) {
            journal.publisher().offer(1, payload(8), 0, 8);
            if (++offered % 50 == 0) {
                drain(journal);
            }
        }
        journal.close();
        final JournalStats stats = journal.stats();
        assertTrue(stats.getDroppedEvents() > 800);
        assertEquals(1000, stats.getJournaledEvents() + stats.getDroppedEvents());
        assertEquals(stats.getDroppedEvents(), JournalScan.of(file).dropped());
        assertEquals(1000, stats.getOfferedEvents());
    }

    /** The room kept for gaps must not make a claim that reaches past a window look as one that fits nowhere. */
    @Test
    void longestClaimsFitAtEveryWindowBoundary() throws IOException {
        final int maxClaim = 4096;
        final Random random = new Random(3);
        final Journal journal = Journal.open(
                file,
                JournalConfig.builder()
                        .appenderMode(AppenderMode.INVOKER)
                        .ringSize(8 * maxClaim)
                        .maxPayloadLength(maxClaim - 16)
                        .initialSize(4096)
                        .growth(Growth.steps(4096))
                        .maxSize(4 << 20, WhenFull.DROP)
                        .build());
        for (int i = 0; i < 900; i++) {
            final int length = maxClaim - 16 - random.nextInt(100);
            assertTrue(journal.publisher().offer(1, payload(length), 0, length) > 0);
            drain(journal);
            assertEquals(i + 1, journal.stats().getJournaledEvents());
        }
        journal.close();
        assertEquals(900, StoredEvent.readAll(file).size());
    }

    /** Space that an unclosed file has prepared beyond the maximum is not used; events that lie there stay. */
    @ParameterizedTest
    @CsvSource({"MAPPED, 6000", "WRITE, 6000", "DIRECT, 6000", "MAPPED, 4096", "WRITE, 4096", "DIRECT, 4096"})
    void maximumBelowTheLengthOfAnUnclosedFileIsKept(
            final StorageMode mode, final long maximum, @TempDir final Path disk) throws IOException {
        final Path whole = disk.resolve("whole.evtl");
        file = disk.resolve("unclosed.evtl");
        try (Journal first =
                Journal.open(whole, tiny().storage(mode).initialSize(16_384).build())) {
            for (int i = 0; i < 40; i++) { // 64 + 40 * 120 = 4864
                offer(first);
            }
            Files.copy(whole, file);
        }
        final byte[] unclosed = Files.readAllBytes(file);
        assertTrue(unclosed.length > maximum);
        final JournalConfig config = tiny().storage(mode)
                .maxSize(maximum, WhenFull.FAIL)
                .listener(JournalListener.NONE)
                .build();
        try (Journal journal = Journal.open(file, config)) {
            assertEquals(40, journal.recovery().orElseThrow().events());
        }
        assertEquals(40, StoredEvent.readAll(file).size());
        Files.write(file, unclosed);
        final Journal journal = Journal.open(file, config);
        long added = 0;
        while (journal.failure().isEmpty()) {
            offer(journal);
            added = journal.stats().getJournaledEvents();
        }
        assertInstanceOf(JournalFullException.class, journal.failure().orElseThrow());
        assertThrows(JournalFailedException.class, journal::close);
        assertEquals(40 + added, StoredEvent.readAll(file).size());
        assertTrue(64 + (40 + added) * 120 <= Math.max(maximum, 64 + 40 * 120), added + " added");
    }

    @Test
    void fullFileCanBeOpenedAgainAndSaysThatItIsFull() throws IOException {
        final Journal first = open(4096, WhenFull.FAIL);
        while (first.stats().getFileOffset() + 120 <= 4096) {
            offer(first);
        }
        first.publisher().offer(1, payload(56), 0, 56); // 4024 + 72 = 4096
        first.close();
        assertEquals(4096, Files.size(file));
        for (int i = 0; i < 2; i++) {
            final Journal again = open(4096, WhenFull.FAIL);
            assertEquals("running", again.stats().getState());
            if (i == 0) {
                offer(again);
                assertInstanceOf(JournalFullException.class, again.failure().orElseThrow());
                assertThrows(JournalFailedException.class, again::close);
            } else {
                again.close();
            }
        }
        assertEquals(4096, Files.size(file));
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }
}
