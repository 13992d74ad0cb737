package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.ChildJvm;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.agrona.concurrent.IdleStrategy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The application's code closes the journal, or ends the JVM, wherever the journal calls it: the journal ends once, and
 * nobody waits for ever. In JVMs of their own, because an end that ran twice would store into unmapped memory.
 */
@Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
class NestedCloseTest {
    private static final Duration LIMIT = Duration.ofSeconds(30);
    private static final int EXIT_CODE = 7;

    @TempDir
    Path directory;

    private Process start(final String... args) throws IOException {
        final String[] all = Stream.concat(Stream.of(directory.resolve("n.evtl").toString()), Stream.of(args))
                .toArray(String[]::new);
        return ChildJvm.start(List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=true"), Application.class, all);
    }

    private void assertClosedCleanly(final String place) {
        final JournalScan scan = JournalScan.of(directory.resolve("n.evtl"));
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(place.equals("drops") ? 2 : 1, scan.events(), "and a gap for what was dropped");
    }

    static Stream<Arguments> places() {
        return Stream.of("stuck", "abandoned", "drops", "idle")
                .flatMap(place -> Stream.of(Arguments.of(place, "thread"), Arguments.of(place, "invoker")))
                .filter(arguments -> !List.of(arguments.get()).equals(List.of("idle", "invoker")));
    }

    @ParameterizedTest
    @MethodSource("places")
    void closeWithinACloseIsOneClose(final String place, final String runner) throws Exception {
        final Process child = start(place, runner, "close");
        final String said = ChildJvm.output(child);
        assertTrue(child.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), said);
        assertEquals(0, child.exitValue(), said);
        assertEquals(
                List.of("closed", "closed again", "closed within"),
                said.lines().sorted().toList());
        assertClosedCleanly(place);
    }

    /** By the journal's hook or one of the application's own. */
    @ParameterizedTest
    @CsvSource({
        "stuck, hook",
        "abandoned, hook",
        "drops, hook",
        "idle, hook",
        "stuck, own",
        "abandoned, own",
        "drops, own",
        "idle, own"
    })
    void exitWithinACloseEndsTheJvm(final String place, final String hook) throws Exception {
        final Process child = start(place, "thread", "exit", hook);
        final String said = ChildJvm.output(child);
        assertTrue(child.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), said);
        assertEquals(EXIT_CODE, child.exitValue(), said);
        assertClosedCleanly(place);
    }

    /** Nobody else would run the appender, and this thread does not come back. */
    @Test
    void exitByTheThreadThatInvokesClosesTheJournal() throws Exception {
        final Process child = start("invoking", "invoker", "exit", "own");
        final String said = ChildJvm.output(child);
        assertTrue(child.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), said);
        assertEquals(EXIT_CODE, child.exitValue(), said);
        assertClosedCleanly("invoking");
    }

    /** The thread's own end may end the JVM too. */
    @ParameterizedTest
    @ValueSource(strings = {"hook", "own"})
    void exitAtTheEndOfTheThreadEndsTheJvm(final String hook) throws Exception {
        final Process child = start("error", "thread", "exit", hook);
        final String said = ChildJvm.output(child);
        assertTrue(child.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), said);
        assertEquals(EXIT_CODE, child.exitValue(), said);
        assertEquals(1, JournalScan.of(directory.resolve("n.evtl")).events());
    }

    /** Publishes an event, leaves a claim open, and closes; what is called in between closes too, or exits. */
    static final class Application implements JournalListener, IdleStrategy {
        private static final long LONG_MILLIS = 30_000;

        private final String place;
        private final boolean exits;
        private final AtomicInteger calls = new AtomicInteger();
        private final CountDownLatch closedWithin = new CountDownLatch(1);
        private volatile Journal journal;
        private volatile boolean closing;

        private Application(final String place, final boolean exits) {
            this.place = place;
            this.exits = exits;
        }

        public static void main(final String[] args) throws InterruptedException {
            new Application(args[1], args[3].equals("exit")).run(args);
        }

        private void run(final String[] args) throws InterruptedException {
            final boolean invoker = args[2].equals("invoker");
            final JournalConfig.Builder config = small().backPressure(BackPressure.DROP)
                    .stuckClaimTimeout(Duration.ofMillis(20))
                    .closeTimeout(Duration.ofMillis(200))
                    .appenderMode(invoker ? AppenderMode.INVOKER : AppenderMode.THREAD)
                    .closeOnShutdown(args.length > 4 && args[4].equals("hook"))
                    .idleStrategy(this)
                    .threadFactory(work -> {
                        final Thread thread = new Thread(work);
                        thread.setUncaughtExceptionHandler((ended, error) -> System.exit(EXIT_CODE));
                        thread.setDaemon(true);
                        return thread;
                    })
                    .listener(this);
            journal = Journal.open(Path.of(args[0]), config.build());
            if (args.length > 4 && args[4].equals("own")) {
                Runtime.getRuntime().addShutdownHook(new Thread(journal::close));
            }
            journal.publisher().offer(1, payload(8), 0, 8);
            journal.sync();
            if (place.equals("stuck") || place.equals("abandoned")) {
                claim(journal.publisher(), 1, 8);
            }
            if (place.equals("drops")) {
                while (journal.stats().getDroppedEvents() == 0) {
                    claimOrDrop();
                }
            }
            if (place.equals("invoking")) {
                System.exit(EXIT_CODE);
            }
            closing = true;
            if (place.equals("error")) {
                Thread.sleep(LONG_MILLIS);
            }
            while (exits && place.equals("idle") && calls.get() == 0) {
                Thread.onSpinWait(); // or the appender could end before its thread idles once more
            }
            journal.close();
            System.out.println("closed");
            journal.close();
            System.out.println("closed again");
            if (exits) {
                Thread.sleep(LONG_MILLIS);
            }
            closedWithin.await();
        }

        /** A claim that nobody ends, or a drop. */
        private void claimOrDrop() {
            journal.publisher().tryClaim(journal.publisher().newClaim(), 1, 100);
        }

        private void called(final String where) {
            if (place.equals(where) && journal != null && calls.getAndIncrement() == 0) {
                if (exits) {
                    System.exit(EXIT_CODE);
                }
                journal.close();
                System.out.println("closed within");
                closedWithin.countDown();
            }
        }

        @Override
        public void onStuckClaim(final JournalException report) {
            called("stuck");
        }

        @Override
        public void onAbandonedClaim(final JournalException report) {
            called("abandoned");
        }

        @Override
        public void onDropsBegin(final long droppedEvents) {
            called("drops");
        }

        @Override
        public void onFailure(final JournalFailedException failure) {
            // the thread's end is what is of interest
        }

        @Override
        public void idle(final int workCount) {
            if (closing) {
                called("idle");
                if (place.equals("error")) {
                    throw new StackOverflowError("provoked");
                }
            }
            Thread.onSpinWait();
        }

        @Override
        public void idle() {
            idle(0);
        }

        @Override
        public void reset() {}
    }
}
