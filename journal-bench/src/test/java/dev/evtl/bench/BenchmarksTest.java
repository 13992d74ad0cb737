package dev.evtl.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;

class BenchmarksTest {
    @TempDir
    private Path directory;

    @Test
    void publishMeasuresWhatItReadsBackAndLeavesNoFile() throws RunnerException, IOException {
        final Collection<RunResult> results = new Runner(new OptionsBuilder()
                        .include("bench.Publish.publish")
                        .param("producers", "1", "one-to-one")
                        .param("eventsPerClaim", "64")
                        .param("payload", "64")
                        .param("checksums", "true")
                        .warmupIterations(0)
                        .measurementIterations(1)
                        .measurementTime(TimeValue.milliseconds(1))
                        .jvmArgsAppend("-Devtl.bench.dir=" + directory)
                        .shouldFailOnError(true)
                        .build())
                .run();

        assertEquals(2, results.size());
        results.forEach(result -> assertTrue(result.getPrimaryResult().getScore() > 0));
        try (Stream<Path> left = Files.list(directory)) {
            assertEquals(0, left.count());
        }
    }
}
