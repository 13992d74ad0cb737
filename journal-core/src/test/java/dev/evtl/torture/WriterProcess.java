package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalFailedException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.torture.Numbered.Producer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;

/** A process that writes until its journal fails, and says how that went. */
final class WriterProcess {
    private WriterProcess() {}

    static Process start(
            final List<String> prefix,
            final List<String> flags,
            final Path file,
            final Path shared,
            final Setup setup,
            final Random random,
            final long[] next)
            throws IOException {
        return ChildJvm.start(
                Duration.ofMinutes(1),
                prefix,
                Stream.concat(Stream.of(ChildJvm.FLAG), flags.stream()).toList(),
                WriterProcess.class,
                Stream.concat(
                                Stream.of(file, shared, setup.seed, random.nextInt()),
                                Arrays.stream(next).boxed())
                        .map(Object::toString)
                        .toArray(String[]::new));
    }

    /** What it said at its end; a thread that an error ended may have said something too. */
    static String said(final Process child, final String what) throws IOException, InterruptedException {
        final String output = ChildJvm.output(child);
        assertEquals(0, child.waitFor(), () -> what + ": " + output);
        return output.lines()
                .filter(line -> line.matches("(refused|closed|failed|not loud): .*"))
                .findFirst()
                .orElseThrow(() -> new AssertionError(what + ": " + output));
    }

    public static void main(final String[] args) throws Exception {
        ChildJvm.endWithParent();
        final Path file = Path.of(args[0]);
        final SharedLongs shared = new SharedLongs(Path.of(args[1]), Traffic.SHARED);
        final Setup setup = new Setup(Integer.parseInt(args[2]));
        final Random random = new Random(Integer.parseInt(args[3]));
        final long[] next = Stream.of(args).skip(4).mapToLong(Long::parseLong).toArray();
        final Journal journal;
        try {
            journal = Journal.open(file, setup.config());
        } catch (final JournalException e) {
            System.out.println("refused: " + e);
            return;
        }
        shared.set(Traffic.OPENED, 1);
        final long[] accepted = new Traffic(journal, shared, next, random).join();
        if (shared.get(Traffic.STOP) != 0) {
            try {
                journal.close();
                System.out.println("closed: " + Arrays.toString(accepted));
            } catch (final JournalFailedException e) {
                System.out.println("failed: " + e.getCause());
            }
            return;
        }
        final boolean loud = new Producer(journal, 0, accepted[0]).publish() == Publisher.FAILED
                && failsToo(journal::sync)
                && failsToo(journal::close)
                && journal.stats().getState().equals("failed")
                && !isHeld(file);
        System.out.println(
                (loud ? "failed: " : "not loud: ") + journal.failure().orElseThrow());
    }

    private static boolean isHeld(final Path file) {
        try {
            return JournalScan.of(file).reason().equals("a writer has it open");
        } catch (final JournalException e) {
            return false; // the header is gone, or the whole file system
        }
    }

    private static boolean failsToo(final Runnable call) {
        try {
            call.run();
            return false;
        } catch (final JournalFailedException e) {
            return true;
        }
    }
}
