package dev.evtl.bench;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** What all benchmarks have in common: a place for files, the flag that forks need, and millions of events a second. */
@State(Scope.Benchmark)
@Fork(value = 1, jvmArgsPrepend = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED")
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public abstract class FileBenchmark {
    private BenchDirectory directory;
    private Path round;

    @Setup(Level.Trial)
    public void makeDirectory() throws IOException {
        directory = new BenchDirectory();
    }

    @TearDown(Level.Trial)
    public void deleteDirectory() throws IOException {
        directory.close();
    }

    /** The path of a file that does not exist, in a new directory of its own. */
    final Path newFile() throws IOException {
        round = directory.newRound();
        return file();
    }

    /** The path that was new the last time. */
    final Path file() {
        return round.resolve("journal.evtl");
    }

    /** Deletes the last new file and what was put beside it. */
    final void deleteFile() throws IOException {
        BenchDirectory.delete(round);
    }

    static JournalConfig.Builder config(final boolean checksums) {
        return JournalConfig.builder().checksums(checksums).backPressure(BackPressure.BLOCK);
    }

    /** Writes a closed journal, from one producer in claims of 64, checked to be whole. */
    static void write(final Path file, final boolean checksums, final int payloadLength, final long events) {
        final Journal journal = Journal.open(file, config(checksums).build());
        try (JournalTarget target = new JournalTarget(journal, payloadLength, 64)) {
            target.producer(0).publishAll(0, events);
        }
        check(file, payloadLength, events);
    }

    /** Reads a journal back and fails unless all that was published is in it. */
    static void check(final Path file, final int payloadLength, final long events) {
        if (!Files.exists(file)) {
            throw new IllegalStateException(file + ": was not written");
        }
        final ContentCheck check = new ContentCheck(payloadLength, true);
        try (JournalSource source = new JournalSource(file, true)) {
            while (source.poll(check, Integer.MAX_VALUE) > 0) {
                // checks the events that are there
            }
        }
        check.requireAll(events);
    }
}
