package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.JournalRecovery;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kills a recovery at each of the system calls by which it changes something, and the one after it at any other. */
@Tag(Torture.TAG)
@Timeout(1800)
class KilledRecoveryTortureTest {
    private static final int KILLED = 128 + 9;

    /** The lock's at both ends, what is written again, the copy's, the zeros', the header's two, and what closes it. */
    private static final List<String> STEPS = Stream.of(
                    steps("pwrite64", 3),
                    steps("write", 4),
                    steps("fsync", 7),
                    steps("rename", 1),
                    steps("ftruncate", 3))
            .flatMap(steps -> steps)
            .toList();

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private static Stream<String> steps(final String systemCall, final int calls) {
        return IntStream.rangeClosed(1, calls).mapToObj(call -> systemCall + ":signal=KILL:when=" + call);
    }

    /** The recovery that is killed. */
    static final class Recovery {
        public static void main(final String[] args) {
            JournalRecovery.recover(Path.of(args[0]), position -> {});
        }
    }

    /** Recovers in a process of its own, which is killed at a step. What the JVM writes elsewhere is no step. */
    private static int recover(final Path file, final String step) throws IOException, InterruptedException {
        final List<String> command = new ArrayList<>(List.of(
                "strace",
                "-f",
                "-qq",
                "-o",
                "/dev/null",
                "-e",
                "trace=pwrite64,write,fsync,rename,ftruncate",
                "-e",
                "inject=" + step));
        if (step.startsWith("write:")) { // the other calls the JVM makes for nothing else
            command.addAll(List.of("-P", file.toString(), "-P", file + ".lock"));
        }
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-cp",
                System.getProperty("java.class.path"),
                ChildJvm.FLAG,
                Recovery.class.getName(),
                file.toString()));
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }

    private static boolean canTrace() throws InterruptedException {
        try {
            return new ProcessBuilder("strace", "-qq", "-o", "/dev/null", "true")
                            .start()
                            .waitFor()
                    == 0;
        } catch (final IOException e) {
            return false; // there is no such command
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    @Test
    void recoveryThatIsKilledAtAnyStepEndsWithTheSameBytesAndOneCopy() throws Exception {
        assumeTrue(canTrace(), "skipped: strace is missing or may not trace");
        final Random random = Torture.random(KilledRecoveryTortureTest.class);
        final byte[] crashed = Golden.bytes("crashed-torn");
        final Path file = Golden.copy("crashed-torn", directory);
        JournalRecovery.recover(file, position -> {});
        final byte[] recovered = Files.readAllBytes(file);
        final Path cut = directory.resolve("crashed-torn.evtl.cut-110");

        final long rounds = Torture.rounds(3, 50L * STEPS.size());
        int again = 0;
        for (int round = 0; round < rounds; round++) {
            Files.write(file, crashed);
            Files.deleteIfExists(cut);
            final String step = STEPS.get(rounds < STEPS.size() ? random.nextInt(STEPS.size()) : round % STEPS.size());
            assertEquals(KILLED, recover(file, step), step);
            again += recover(file, STEPS.get(random.nextInt(STEPS.size()))) == KILLED ? 1 : 0;
            JournalRecovery.recover(file, position -> {});
            final String message = "round " + round + ", killed at " + step;
            assertArrayEquals(recovered, Files.readAllBytes(file), message);
            assertArrayEquals(Arrays.copyOfRange(crashed, 110, 310), Files.readAllBytes(cut), message);
            assertEquals(
                    List.of("crashed-torn.evtl", "crashed-torn.evtl.cut-110", "crashed-torn.evtl.lock"),
                    files(),
                    message);
        }
        Torture.report(
                KilledRecoveryTortureTest.class,
                "%d recoveries killed at %d steps, %d of them again in the next, the same bytes in the end",
                rounds,
                STEPS.size(),
                again);
    }
}
