package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.MemoryDirectory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any bytes as a journal: the golden files and what Jazzer found before in the build, Jazzer itself in the profile
 * {@code torture}.
 */
@Tag(Torture.TAG)
class FuzzTest {
    private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second.*");
    /** By the clock on the wall, as the machine may have other things to do; {@link FuzzedJournal} looks at the CPU's. */
    private static final int LONGEST_SECONDS = 3600;

    private static final int MOST_MEMORY_MIB = 2048;

    private static final List<String> GOLDEN = List.of(
            "closed",
            "corrupt-header",
            "corrupt-payload",
            "crashed-group",
            "crashed-torn",
            "crashed-unpublished",
            "empty",
            "gap",
            "group",
            "no-checksums",
            "open-preallocated",
            "power-loss",
            "second-file");

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** Something that is fuzzed. */
    private interface Target {
        FuzzedJournal open(Path directory) throws IOException;
    }

    @Test
    void goldenFilesAndCorpusBeforeReaderAndRecovery() throws IOException {
        replay(FuzzedFile.class, FuzzedFile::new);
    }

    @Test
    void goldenFilesAndCorpusBeforeTheCommand() throws IOException {
        replay(FuzzedCommand.class, FuzzedCommand::new);
    }

    private void replay(final Class<?> type, final Target target) throws IOException {
        final List<byte[]> inputs = inputs(type);
        try (FuzzedJournal fuzzed = target.open(directory)) {
            for (final byte[] input : inputs) {
                fuzzed.run(input);
            }
        }
        Torture.report(FuzzTest.class, "%s: %d known inputs", type.getSimpleName(), inputs.size());
    }

    private static List<byte[]> inputs(final Class<?> type) throws IOException {
        final List<byte[]> inputs = new ArrayList<>();
        for (final String name : GOLDEN) {
            final byte[] journal = FuzzTest.class
                    .getResourceAsStream("/golden/" + name + ".evtl")
                    .readAllBytes();
            for (int operation = 0; operation < 32; operation++) {
                final byte[] input = new byte[FuzzedJournal.OPERATIONS + journal.length];
                System.arraycopy(journal, 0, input, FuzzedJournal.OPERATIONS, journal.length);
                input[0] = (byte) operation;
                input[1] = (byte) (operation * 21);
                inputs.add(input);
            }
        }
        try (InputStream corpus = FuzzTest.class.getResourceAsStream("/fuzz/" + type.getSimpleName() + ".zip");
                ZipInputStream zip = new ZipInputStream(corpus)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                inputs.add(zip.readAllBytes());
            }
        }
        return inputs;
    }

    @Test
    void jazzerFindsNothingInReaderAndRecovery() throws Exception {
        fuzz(FuzzedFile.class, 9_500_000);
    }

    @Test
    void jazzerFindsNothingInTheCommand() throws Exception {
        fuzz(FuzzedCommand.class, 500_000);
    }

    private void fuzz(final Class<?> type, final long runsInProfile) throws Exception {
        assumeTrue(isJazzerThere(), "skipped: Jazzer is there in the profile torture only");
        final Random random = Torture.random(FuzzTest.class);
        final long runs = Torture.rounds(1, runsInProfile);
        final Path work = Files.createDirectory(directory.resolve("work"));
        final Path seeds = Files.createDirectory(directory.resolve("seeds"));
        int number = 0;
        for (final byte[] input : inputs(type)) {
            Files.write(seeds.resolve("seed" + number++), input);
        }
        final Path corpus = Files.createDirectories(Path.of("target", "fuzz", type.getSimpleName()));
        final Process jazzer = new ProcessBuilder(command(type, runs, random.nextInt(1 << 30), work, corpus, seeds))
                .redirectErrorStream(true)
                .start();
        final List<String> said = new ArrayList<>();
        long done = 0;
        long seconds = 0;
        try (BufferedReader output = jazzer.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                said.add(line);
                final Matcher matcher = DONE.matcher(line);
                if (matcher.matches()) {
                    done = Long.parseLong(matcher.group(1));
                    seconds = Long.parseLong(matcher.group(2));
                }
            }
        }
        assertEquals(
                0, jazzer.waitFor(), () -> String.join("\n", said.subList(Math.max(0, said.size() - 60), said.size())));
        assertTrue(done >= runs, done + " executions");
        Torture.report(FuzzTest.class, "%s: %d executions in %d s, nothing found", type.getSimpleName(), done, seconds);
    }

    private static boolean isJazzerThere() {
        try {
            Class.forName(JAZZER, false, FuzzTest.class.getClassLoader());
            return true;
        } catch (final ClassNotFoundException e) {
            return false;
        }
    }

    private List<String> command(
            final Class<?> type,
            final long runs,
            final int seed,
            final Path work,
            final Path corpus,
            final Path seeds) {
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-Xmx256m",
                "-XX:MaxDirectMemorySize=64m",
                "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
                "-D" + FuzzedJournal.DIRECTORY + "=" + work,
                "-cp",
                System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")),
                JAZZER,
                "--target_class=" + type.getName(),
                "--instrumentation_includes=dev.evtl.journal.**:dev.evtl.replay.**",
                "--custom_hook_excludes=**",
                "--trace=cov:cmp",
                "--mutator_framework=false",
                "--reproducer_path=" + corpus.getParent(),
                "-artifact_prefix=" + corpus.getParent() + "/",
                "-seed=" + seed,
                "-runs=" + runs,
                "-max_len=" + FuzzedJournal.MAX_LENGTH,
                "-timeout=" + LONGEST_SECONDS,
                "-rss_limit_mb=" + MOST_MEMORY_MIB,
                "-print_final_stats=1",
                corpus.toString(),
                seeds.toString());
    }
}
