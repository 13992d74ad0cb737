package dev.evtl.torture;

import static dev.evtl.journal.support.TestJournals.tryClaim;
import static dev.evtl.torture.ReferenceJournal.MORE;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.EventBatch;
import dev.evtl.journal.Growth;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.FileWatcher;
import dev.evtl.journal.io.FileWatcher.Call;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.File;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;
import javax.management.ObjectName;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The first, the second, ... and the last of the calls that change a file or force it fails, of those that the
 * application's threads make and of those of the preallocator's: the journal fails for good and says so everywhere, and
 * what was acknowledged is there when it is opened again.
 */
@Tag(Torture.TAG)
@Timeout(600)
class EveryFailingCallTest {
    private static final long CREATED_AT = 1_700_000_000_000_000_000L;
    private static final int TORN_LENGTH = 200;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private Path file;
    private ReferenceJournal reference;
    private boolean ring;
    private AppenderMode appender;
    private int acknowledged;
    private int types;
    private int toldByJmx;

    /** What fails: the k-th call of a kind, made by the preallocator's thread or by others; all calls after it, or not. */
    private record Failing(Call call, boolean preallocating, int k, boolean forGood, String message) {}

    /** Makes one call fail. */
    private static final class Fault implements FileWatcher {
        private final Failing failing;
        private int calls;
        private volatile boolean provoked;

        Fault(final Failing failing) {
            this.failing = failing;
        }

        @Override
        public synchronized void before(final Call call, final Path called, final long from, final long to)
                throws IOException {
            final boolean preallocating = Thread.currentThread().getName().startsWith("evtl-preallocator");
            if (call == failing.call && preallocating == failing.preallocating && ++calls == failing.k) {
                provoked = true;
                throw new Provoked(failing.message);
            }
            if (provoked && failing.forGood) {
                throw new Provoked(failing.message);
            }
        }

        static boolean isCauseOf(final Throwable thrown) {
            return Stream.iterate(thrown, t -> t != null, Throwable::getCause).anyMatch(Provoked.class::isInstance);
        }
    }

    private static final class Provoked extends IOException {
        private static final long serialVersionUID = 1L;

        Provoked(final String message) {
            super(message);
        }
    }

    @AfterEach
    void watchNoMore() {
        FileCalls.watch(FileWatcher.NONE);
    }

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void failureIsFinalAndLosesNothingThatWasAcknowledged(final StorageMode storage) throws Exception {
        final long rounds = Torture.rounds(1, 8);
        for (int round = 0; round < rounds; round++) {
            final SyncPolicy policy = round % 2 == 0 ? SyncPolicy.NONE : SyncPolicy.EVERY_BATCH;
            ring = round >= 4;
            final String what = "create, grow, sync, close, append, recover, " + storage + ", force " + policy
                    + (ring ? ", ring file" : "");
            everyCall(what, round % 4 >= 2, failing -> {
                final Fault fault = new Fault(failing);
                run(config(storage, policy, AppenderMode.INVOKER), fault);
                return fault.provoked;
            });
        }
    }

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void everyWaiterIsWokenWithTheCause(final StorageMode storage) throws Exception {
        final long rounds = Torture.rounds(1, 4);
        for (int round = 0; round < rounds; round++) {
            ring = round % 2 > 0;
            final String what = "three threads that sync, " + storage + (ring ? ", ring file" : "");
            everyCall(what, round >= 2, failing -> {
                final Fault fault = new Fault(failing);
                runWithWaiters(config(storage, SyncPolicy.NONE, AppenderMode.THREAD), fault);
                return fault.provoked;
            });
        }
    }

    /** Something that goes wrong in the way it is told to. */
    private interface Attempt {
        /** Returns whether there was such a call. */
        boolean run(Failing failing) throws Exception;
    }

    private void everyCall(final String what, final boolean forGood, final Attempt attempt) throws Exception {
        final Map<Call, Integer> failed = new EnumMap<>(Call.class);
        for (final Call call : Call.values()) {
            for (final boolean preallocating : new boolean[] {false, true}) {
                final String message = call == Call.WRITE ? "No space left on device" : "provoked";
                Failing failing = new Failing(call, preallocating, 1, forGood, message);
                while (attemptOne(attempt, failing)) {
                    failed.merge(call, 1, Integer::sum);
                    failing = new Failing(call, preallocating, failing.k + 1, forGood, message);
                }
            }
        }
        assertTrue(toldByJmx > 0);
        assertTrue(failed.keySet().containsAll(List.of(Call.WRITE, Call.FORCE, Call.TRUNCATE, Call.RENAME)));
        Torture.report(
                EveryFailingCallTest.class,
                "%s: each call failed %s: %s",
                what,
                forGood ? "and all after it" : "once",
                failed);
    }

    private boolean attemptOne(final Attempt attempt, final Failing failing) throws Exception {
        file = directory.resolve("f.evtl");
        for (final File left : directory.toFile().listFiles()) {
            Files.delete(left.toPath());
        }
        reference = new ReferenceJournal(CREATED_AT, true, 0);
        acknowledged = 0;
        types = 0;
        try {
            return attempt.run(failing);
        } catch (final AssertionError e) {
            throw new AssertionError(failing + ": " + e.getMessage(), e);
        } finally {
            FileCalls.watch(FileWatcher.NONE);
        }
    }

    private JournalConfig.Builder config(final StorageMode storage, final SyncPolicy policy, final AppenderMode usual) {
        appender = Torture.appender(storage, usual);
        final JournalConfig.Builder config = JournalConfig.builder()
                .clock(() -> CREATED_AT)
                .storage(storage)
                .appenderMode(appender)
                .syncPolicy(policy)
                .ringSize(1 << 13)
                .maxPayloadLength(1000)
                .initialSize(4096)
                .growth(Growth.steps(4096))
                .jmx(true)
                .listener(JournalListener.NONE);
        return ring ? config.ringFile(directory.resolve("f.ring")) : config;
    }

    /** All that a journal does, up to the first failure; then without failures, so that all must be well again. */
    private void run(final JournalConfig.Builder config, final Fault fault) throws Exception {
        FileCalls.watch(fault);
        final boolean wentWell = writeAndClose(config, fault, 12) && writeAndClose(config, fault, 2) && crash();
        if (wentWell) {
            tear();
            writeAndClose(config, fault, 3);
        }
        FileCalls.watch(FileWatcher.NONE);
        reopen(config);
    }

    /** Returns false if it failed. */
    private boolean writeAndClose(final JournalConfig.Builder config, final Fault fault, final int steps)
            throws Exception {
        final Journal journal;
        try {
            journal = Journal.open(file, config.build());
        } catch (final JournalException e) {
            assertTrue(Fault.isCauseOf(e), () -> "failed with " + e);
            assertTrue(e.getMessage().startsWith(directory.toString()), e.getMessage());
            return false;
        }
        acknowledge(reference.events());
        try {
            for (int i = 0; i < steps; i++) {
                step(journal, i);
            }
            journal.close();
            acknowledge(reference.events());
            return true;
        } catch (final JournalFailedException e) {
            assertTrue(Fault.isCauseOf(e), () -> "failed with " + e);
            assertFailed(journal, fault);
            return false;
        }
    }

    private void step(final Journal journal, final int number) {
        offer(journal, 1, 900);
        offer(journal, 3, 100);
        invoke(journal);
        if (number % 3 == 2) {
            journal.sync();
            acknowledge(reference.events());
        }
        acknowledge(reference.eventsBefore(journal.stats().getDurableOffset()));
    }

    /** Unless the journal appends by itself. */
    private void invoke(final Journal journal) {
        if (appender == AppenderMode.INVOKER) {
            journal.invoker().invoke();
        }
    }

    /** A claim that goes into the reference only if it was accepted. */
    private void offer(final Journal journal, final int events, final int length) {
        final EventBatch batch = journal.publisher().newBatch();
        long result;
        while ((result = batch.tryClaim(events, events * length)) == Publisher.BACK_PRESSURED) {
            invoke(journal);
        }
        if (result > 0) {
            final byte[] payload = new byte[length];
            for (int i = 0; i < events; i++) {
                types++;
                Arrays.fill(payload, (byte) types);
                batch.nextAt(types, 1 + types % 239, 0, length).putBytes(0, payload);
                reference.add(1 + types % 239, i < events - 1 ? MORE : 0, types, payload.clone());
            }
            if (batch.commit() <= 0) {
                reference.truncate(reference.events() - events);
            }
        }
    }

    private void acknowledge(final int events) {
        acknowledged = Math.max(acknowledged, events);
    }

    /** Nothing is accepted and nothing acknowledged any more, and everybody is told why. */
    private void assertFailed(final Journal journal, final Fault fault) throws Exception {
        final Throwable cause = journal.failure().orElseThrow();
        assertTrue(Fault.isCauseOf(cause), () -> "failed with " + cause);
        assertEquals("failed", journal.stats().getState());
        final ObjectName mbean = new ObjectName("dev.evtl:type=Journal,file=" + ObjectName.quote(file.toString()));
        if (ManagementFactory.getPlatformMBeanServer().isRegistered(mbean)) { // until it is closed
            assertEquals("failed", ManagementFactory.getPlatformMBeanServer().getAttribute(mbean, "State"));
            toldByJmx++;
        }
        final long durable = journal.stats().getDurableOffset();
        assertTrue(durable <= reference.end(), "durable " + durable);
        for (int i = 0; i < 3; i++) {
            assertEquals(Publisher.FAILED, tryClaim(journal.publisher(), 1, 8));
            assertEquals(Publisher.FAILED, journal.publisher().newBatch().tryClaim(2, 16));
            assertEquals(
                    cause,
                    assertThrows(JournalFailedException.class, journal::sync).getCause());
            assertEquals(
                    cause,
                    assertThrows(JournalFailedException.class, journal::close).getCause());
        }
        assertEquals(durable, journal.stats().getDurableOffset());
        acknowledge(reference.eventsBefore(durable));
    }

    /** The file is left as its writer's death leaves it. */
    private boolean crash() throws IOException {
        final byte[] closed = Files.readAllBytes(file);
        assertArrayEquals(reference.closed(), closed);
        final int forced = reference.wholeClaims(reference.events() / 2);
        Files.write(
                file,
                reference.file(
                        reference.events(),
                        reference.end(),
                        reference.end(forced),
                        ReferenceJournal.OPEN,
                        reference.end() + 4096));
        return true;
    }

    /** Something that was being written. */
    private void tear() throws IOException {
        try (RandomAccessFile torn = new RandomAccessFile(file.toFile(), "rw")) {
            torn.seek(reference.end());
            final byte[] fragment = new byte[TORN_LENGTH];
            Arrays.fill(fragment, (byte) 7);
            torn.write(fragment);
        }
    }

    /** A prefix of whole claims with all that was acknowledged is there, with a ring file all accepted; it goes on. */
    private void reopen(final JournalConfig.Builder config) throws IOException {
        if (!Files.exists(file)) {
            assertEquals(0, acknowledged);
        }
        final int kept;
        try (Journal journal = Journal.open(file, config.build())) {
            journal.sync();
            kept = reference.eventsBefore(journal.stats().getFileOffset());
            assertEquals(ring ? reference.events() : kept, kept, "events that were accepted");
            assertEquals(reference.end(kept), journal.stats().getFileOffset());
            assertEquals(reference.wholeClaims(kept), kept);
            assertTrue(kept >= acknowledged, kept + " events left of " + acknowledged + " acknowledged");
            reference.truncate(kept);
            offer(journal, 2, 50);
        }
        assertArrayEquals(reference.closed(), Files.readAllBytes(file));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(
                    0, left.filter(path -> path.toString().contains(".new-")).count());
        }
    }

    /** With a thread that appends, and two that only wait beside the one that publishes. */
    private void runWithWaiters(final JournalConfig.Builder config, final Fault fault) throws Exception {
        FileCalls.watch(fault);
        final Journal journal;
        try {
            journal = Journal.open(file, config.build());
        } catch (final JournalException e) {
            assertTrue(Fault.isCauseOf(e), () -> "failed with " + e);
            FileCalls.watch(FileWatcher.NONE);
            reopen(config);
            return;
        }
        final Queue<Throwable> woken = new ConcurrentLinkedQueue<>();
        final Thread[] waiters = new Thread[2];
        for (int i = 0; i < waiters.length; i++) {
            waiters[i] = new Thread(() -> syncUntilTheEnd(journal, woken));
            waiters[i].start();
        }
        try {
            for (int i = 0; i < 5; i++) {
                offer(journal, 1, 900);
                offer(journal, 3, 100);
                journal.sync();
                acknowledge(reference.events());
            }
            journal.close();
            acknowledge(reference.events());
        } catch (final JournalFailedException e) {
            assertTrue(Fault.isCauseOf(e), () -> "failed with " + e);
        }
        if (journal.failure().isPresent()) {
            for (final Thread waiter : waiters) {
                waiter.join();
            }
            assertEquals(waiters.length, woken.size());
            woken.forEach(thrown -> assertTrue(Fault.isCauseOf(thrown), () -> "woken with " + thrown));
            assertFailed(journal, fault);
        } else {
            for (final Thread waiter : waiters) {
                waiter.interrupt();
                waiter.join();
            }
        }
        FileCalls.watch(FileWatcher.NONE);
        reopen(config);
    }

    private static void syncUntilTheEnd(final Journal journal, final Queue<Throwable> woken) {
        try {
            while (!Thread.currentThread().isInterrupted()) {
                journal.sync();
            }
        } catch (final JournalFailedException e) {
            woken.add(e);
        } catch (final JournalException e) {
            // interrupted
        }
    }
}
