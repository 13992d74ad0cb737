package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.Events;
import dev.evtl.journal.support.MortalStorage;
import dev.evtl.journal.support.OtherWriter;
import dev.evtl.journal.support.Reports;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.TestJournals;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Interrupts end waits and nothing else: no channel, no lock, no journal; and the flag is kept. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class InterruptTest {
    @TempDir
    Path directory;

    private final Reports reports = new Reports();
    private Path file;

    @BeforeEach
    void setFile() {
        file = directory.resolve("interrupts.evtl");
    }

    @AfterEach
    void clearFlag() {
        Thread.interrupted();
    }

    private JournalConfig.Builder config(final StorageMode mode) {
        return TestJournals.small().storage(mode).listener(reports).backPressure(BackPressure.BLOCK);
    }

    private static void interrupt() {
        Thread.currentThread().interrupt();
    }

    private static void assertFlagKept() {
        assertTrue(Thread.interrupted(), "the flag is kept");
    }

    static Stream<Arguments> journals() {
        return Stream.of(StorageMode.values())
                .flatMap(mode -> Stream.of(false, true)
                        .flatMap(invoker -> Stream.of(false, true).map(ring -> Arguments.of(mode, invoker, ring))));
    }

    /** Every call of a thread whose flag is set, as in an executor that was told to shut down now. */
    @ParameterizedTest
    @MethodSource("journals")
    void interruptedThreadLosesNothing(final StorageMode mode, final boolean invoker, final boolean ringFile)
            throws IOException {
        final Path ring = directory.resolve("i.ring");
        final JournalConfig.Builder config = config(mode);
        if (invoker) {
            config.appenderMode(AppenderMode.INVOKER);
        }
        if (ringFile) {
            config.ringFile(ring);
        }
        interrupt();
        final Journal journal = Journal.open(file, config.build());
        assertFlagKept();
        for (int i = 0; i < 200; i += 2) {
            Events.offer(journal, i, 2);
            if (invoker) {
                interrupt();
                journal.invoker().invoke();
                journal.invoker().invoke(); // has nothing to do
                assertFlagKept();
            }
        }
        interrupt();
        syncOrSayInterrupted(journal);
        assertFlagKept();
        if (ringFile) {
            interrupt();
            Journal.attach(ring).close();
            assertFlagKept();
        }
        try (OtherWriter other = new OtherWriter()) {
            assertTrue(other.openAndClose(file).startsWith("JournalLockedException"), "the lock is kept");
        }
        Events.offer(journal, 200, 1);
        assertEquals("running", journal.stats().getState());
        interrupt();
        journal.close();
        assertFlagKept();
        Events.assertHolds(file, 201);
        assertFalse(Files.exists(ring));
        reports.awaitEnd(journal);
        assertEquals(List.of(), reports.errors());
    }

    /** The appender may have been faster than the interrupted thread could look. */
    private static void syncOrSayInterrupted(final Journal journal) {
        try {
            journal.sync();
        } catch (final JournalException e) {
            assertTrue(e.getMessage().endsWith("interrupted while waiting"), e.getMessage());
        }
    }

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void interruptedThreadsOfTheJournalGoOn(final StorageMode mode) throws IOException {
        final AtomicReference<Thread> appender = new AtomicReference<>();
        final Journal journal = Journal.open(
                file,
                config(mode)
                        .syncPolicy(SyncPolicy.EVERY_BATCH)
                        .threadFactory(work -> {
                            appender.set(new Thread(work));
                            return appender.get();
                        })
                        .build());
        for (int i = 0; i < 200; i++) {
            appender.get().interrupt();
            Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread.getName().startsWith("evtl-"))
                    .forEach(Thread::interrupt);
            Events.offer(journal, i, 1);
        }
        journal.sync();
        assertTrue(appender.get().isAlive());
        assertEquals("running", journal.stats().getState());
        journal.close();
        Events.assertHolds(file, 200);
        reports.awaitEnd(journal);
        assertEquals(List.of(), reports.errors());
    }

    /** With the flag set it could not park, and would take a whole processor for ever. */
    @Test
    void interruptedThreadsOfTheJournalParkAgain() {
        final AtomicReference<Thread> appender = new AtomicReference<>();
        try (Journal journal = Journal.open(
                file,
                config(StorageMode.MAPPED)
                        .threadFactory(work -> {
                            appender.set(new Thread(work));
                            return appender.get();
                        })
                        .build())) {
            final List<Thread> threads = Thread.getAllStackTraces().keySet().stream()
                    .filter(thread -> thread == appender.get()
                            || thread.getName().equals("evtl-preallocator interrupts.evtl")
                            || thread.getName().equals("evtl-listeners"))
                    .toList();
            assertEquals(3, threads.size(), threads + " of " + journal);
            for (final Thread thread : threads) {
                thread.interrupt();
                while (thread.isInterrupted()) {
                    Thread.onSpinWait();
                }
            }
        }
    }

    @Test
    void waitForAnOpenClaimEnds() throws IOException {
        try (Journal journal = Journal.open(
                file,
                config(StorageMode.WRITE).appenderMode(AppenderMode.INVOKER).build())) {
            final Claim claim = claim(journal.publisher(), 1, 8);
            interrupt();
            assertThrows(JournalException.class, journal::sync);
            assertFlagKept();
            claim.abort();
            Events.offer(journal, 0, 1);
        }
        Events.assertHolds(file, 1);
    }

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void interruptedThreadScansRecoversAndSalvages(final StorageMode mode) throws IOException {
        final Path ring = directory.resolve("i.ring");
        final MortalStorage.Life life = MortalStorage.open(
                file,
                config(mode).appenderMode(AppenderMode.INVOKER).ringFile(ring).build());
        Events.offer(life.journal(), 0, 5);
        life.journal().invoker().invoke();
        Events.offer(life.journal(), 5, 5);
        final Path torn = directory.resolve("torn.evtl");
        final byte[] bytes = Files.readAllBytes(file);
        bytes[(int) StoredEvent.writeOffset(bytes) + 8] = 1;
        Files.write(torn, bytes);
        life.storage().kill();

        interrupt();
        assertEquals(5, JournalScan.of(file).events());
        assertEquals(5, JournalRecovery.plan(file, position -> {}).ringEvents());
        assertEquals(5, JournalRecovery.pendingEvents(ring, file));
        final SalvageReport report = JournalSalvage.salvage(file, directory.resolve("out.evtl"), position -> {});
        assertEquals(List.of(5L, 5L), List.of(report.events(), report.ringEvents()));
        assertEquals(5, JournalRecovery.recover(file, position -> {}).ringEvents());
        assertEquals(
                Condition.TORN, JournalRecovery.recover(torn, position -> {}).condition());
        assertFlagKept();
        Events.assertHolds(file, 10);
        Events.assertHolds(directory.resolve("out.evtl"), 10);
        Events.assertHolds(torn, 5);
        assertArrayEquals(
                new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 1},
                Files.readAllBytes(directory.resolve("torn.evtl.cut-" + (64 + 5 * 32))));
    }
}
