package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static dev.evtl.journal.support.TestJournals.tryClaim;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.ChildJvm;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every call on what was closed is answered, also where Agrona checks no bounds: there, a slip would end the JVM. */
@Timeout(120)
class ClosedJournalTest {
    @TempDir
    Path directory;

    static Stream<Arguments> kinds() {
        return Stream.of("thread", "invoker", "ring", "attached")
                .flatMap(kind -> Stream.of(Arguments.of(kind, false), Arguments.of(kind, true)));
    }

    @ParameterizedTest
    @MethodSource("kinds")
    void everyCallIsAnswered(final String kind, final boolean withoutBoundsChecks) throws Exception {
        final Process child = ChildJvm.start(
                List.of(ChildJvm.FLAG, "-Dagrona.disable.bounds.checks=" + withoutBoundsChecks),
                Child.class,
                directory.toString(),
                kind);
        assertEquals("answered", ChildJvm.output(child).strip());
        assertEquals(0, child.waitFor());
        final JournalScan scan = JournalScan.of(directory.resolve("c.evtl"));
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(1, scan.events());
    }

    static final class Child {
        public static void main(final String[] args) {
            final Path directory = Path.of(args[0]);
            final JournalConfig.Builder config = small().appenderMode(
                            args[1].equals("invoker") ? AppenderMode.INVOKER : AppenderMode.THREAD)
                    .closeTimeout(Duration.ofMillis(1))
                    .listener(JournalListener.NONE);
            final boolean ringFile = args[1].equals("ring") || args[1].equals("attached");
            if (ringFile) {
                config.ringFile(directory.resolve("c.ring"));
            }
            final Journal journal = Journal.open(directory.resolve("c.evtl"), config.build());
            if (args[1].equals("attached")) {
                final AttachedPublisher attached = Journal.attach(directory.resolve("c.ring"));
                useClosed(attached.publisher(), true, () -> {
                    attached.close();
                    attached.close();
                });
                same(true, attached.isEnded());
                same(false, attached.awaitOpen(Duration.ofMillis(1)));
                same(false, attached.toString().isEmpty());
                attached.stats().getOfferedEvents();
            }
            same(true, journal.publisher().offer(1, payload(8), 0, 8) > 0);
            final Claim filledLate = claim(journal.publisher(), 1, 64);
            useClosed(journal.publisher(), false, () -> {
                journal.close();
                journal.close();
            });
            for (int i = 0; i <= 56; i++) {
                filledLate.buffer().putLong(i, -1); // its memory stays until nobody can reach it
            }
            same(Publisher.CLOSED, filledLate.commit());
            if (args[1].equals("invoker")) {
                same(0, journal.invoker().invoke());
                journal.invoker().close();
                same(0, journal.invoker().invoke());
            }
            same(true, journal.sync() > 64);
            same(true, journal.sync(8, Duration.ofMillis(1)));
            same(true, journal.awaitJournaled(8, Duration.ofMillis(1)));
            same("closed", journal.stats().getState());
            same(1L, journal.stats().getJournaledEvents());
            same(false, journal.toString().isEmpty());
            same(true, journal.stats().getAllocatedBytes() > 0);
            journal.close();
            System.out.println("answered");
        }

        /** Opens claims, closes what they are of, and asks all that can be asked. */
        private static void useClosed(final Publisher publisher, final boolean endsClaims, final Runnable close) {
            final Claim open = publisher.newClaim();
            final Claim shortened = publisher.newClaim();
            final Claim aborted = publisher.newClaim();
            final EventBatch batch = publisher.newBatch();
            final EventBatch abortedBatch = publisher.newBatch();
            publisher.tryClaim(open, 1, 64);
            publisher.tryClaim(shortened, 1, 64);
            publisher.tryClaim(aborted, 1, 64);
            batch.tryClaim(2, 32);
            batch.next(1, 16);
            final MutableDirectBuffer buffer = open.buffer();
            abortedBatch.tryClaim(2, 32);
            close.run();
            if (endsClaims) {
                same(0, buffer.capacity());
                if (Boolean.getBoolean("agrona.disable.bounds.checks")) {
                    for (int i = 0; i <= 56; i++) {
                        buffer.putLong(i, -1); // of no effect: others may have claimed the room by now
                    }
                }
                refused(IllegalStateException.class, () -> batch.next(1, 8));
            } else {
                batch.next(1, 8);
                same(Publisher.CLOSED, open.commit());
                same(Publisher.CLOSED, shortened.commit(8));
                same(Publisher.CLOSED, batch.commit());
                aborted.abort();
            }
            abortedBatch.close();
            for (final Claim ended : List.of(open, shortened, aborted)) {
                ended.close();
                refused(IllegalStateException.class, ended::commit);
                refused(IllegalStateException.class, () -> ended.commit(1));
                refused(IllegalStateException.class, ended::abort);
                same(0, ended.length());
                same(0, ended.buffer().capacity());
                same("Claim[none]", ended.toString());
            }
            for (final EventBatch ended : List.of(batch, abortedBatch)) {
                refused(IllegalStateException.class, () -> ended.next(1, 8));
                refused(IllegalStateException.class, ended::commit);
                refused(IllegalStateException.class, ended::abort);
            }
            System.gc(); // what could be unmapped is
            same(Publisher.CLOSED, tryClaim(publisher, 1, 64));
            same(Publisher.CLOSED, publisher.newBatch().tryClaim(2, 32));
            same(Publisher.CLOSED, publisher.offer(1, payload(64), 0, 64));
            same(Publisher.CLOSED, publisher.offerGap(1, 1, 1, 1));
            refused(IndexOutOfBoundsException.class, () -> publisher.offer(1, payload(8), 1, 8));
            refused(IndexOutOfBoundsException.class, () -> publisher.offer(1, payload(8), Integer.MIN_VALUE, 8));
            refused(IllegalArgumentException.class, () -> publisher.offer(1, payload(8), 0, -1));
        }

        private static void same(final Object expected, final Object found) {
            if (!expected.equals(found)) {
                throw new AssertionError("expected " + expected + ", found " + found);
            }
        }

        private static void refused(final Class<? extends RuntimeException> expected, final Runnable call) {
            try {
                call.run();
            } catch (final RuntimeException e) {
                same(expected, e.getClass());
                return;
            }
            throw new AssertionError("expected " + expected);
        }
    }
}
