package dev.evtl.torture;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.support.MemoryDirectory;
import java.io.IOException;
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
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;

/**
 * Any bytes as a journal: the golden files and what Jazzer found before in the build, Jazzer itself in the profile
 * {@code torture}.
 */
@Tag(Torture.TAG)
class FuzzTest {
    private static final String JAZZER = "com.code_intelligence.jazzer.Jazzer";
    private static final Pattern DONE = Pattern.compile("Done (\\d+) runs in (\\d+) second.*");
    /** By the clock on the wall, as the machine may have other things to do; {@link Fuzzed} looks at the CPU's. */
    private static final int LONGEST_SECONDS = 3600;

    private static final int MOST_MEMORY_MIB = 2048;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** Something that is fuzzed. */
    private interface Target {
        Fuzzed open(Path directory) throws IOException;
    }

    @Test
    @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
    void goldenFilesAndCorpusBeforeReaderAndRecovery() throws IOException {
        replay(FuzzedFile::new);
    }

    @Test
    @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
    void goldenFilesAndCorpusBeforeTheCommand() throws IOException {
        replay(FuzzedCommand::new);
    }

    @Test
    @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
    void goldenFilesAndCorpusBeforeSalvage() throws IOException {
        replay(FuzzedSalvage::new);
    }

    @Test
    @Timeout(value = 120, threadMode = ThreadMode.SEPARATE_THREAD)
    void corpusAsARingFile() throws IOException {
        replay(FuzzedRing::new);
    }

    private void replay(final Target target) throws IOException {
        try (Fuzzed fuzzed = target.open(directory)) {
            final List<byte[]> inputs = inputs(fuzzed);
            for (final byte[] input : inputs) {
                fuzzed.run(input);
            }
            Torture.report(
                    FuzzTest.class, "%s: %d known inputs", fuzzed.getClass().getSimpleName(), inputs.size());
        }
    }

    private static List<byte[]> inputs(final Fuzzed fuzzed) throws IOException {
        final List<byte[]> inputs = new ArrayList<>(fuzzed.inputs());
        final String name = "/fuzz/" + fuzzed.getClass().getSimpleName() + ".zip";
        try (ZipInputStream zip = new ZipInputStream(FuzzTest.class.getResourceAsStream(name))) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                inputs.add(zip.readAllBytes());
            }
        }
        return inputs;
    }

    @Test
    void jazzerFindsNothingInReaderAndRecovery() throws Exception {
        fuzz(FuzzedFile::new, 8_500_000, 1);
    }

    @Test
    void jazzerFindsNothingInTheCommand() throws Exception {
        fuzz(FuzzedCommand::new, 500_000, 1);
    }

    @Test
    void jazzerFindsNothingInSalvage() throws Exception {
        fuzz(FuzzedSalvage::new, 1_000_000, 1);
    }

    /** In several processes: a claim that nobody ends is waited for, and most of the time no core is needed. */
    @Test
    void jazzerFindsNothingInRingFiles() throws Exception {
        fuzz(FuzzedRing::new, 500_000, 8);
    }

    private void fuzz(final Target target, final long runsInProfile, final int processes) throws Exception {
        assumeTrue(isJazzerThere(), "skipped: Jazzer is there in the profile torture only");
        final Random random = Torture.random(FuzzTest.class);
        final long runs = Torture.rounds(1, runsInProfile);
        final List<Process> jazzers = new ArrayList<>();
        String name = "";
        for (int i = 0; i < Math.min(processes, runs); i++) {
            final Path work = Files.createDirectory(directory.resolve("work" + i));
            final Path seeds = Files.createDirectory(directory.resolve("seeds" + i));
            final Class<? extends Fuzzed> type;
            try (Fuzzed fuzzed = target.open(work)) {
                type = fuzzed.getClass();
                int number = 0;
                for (final byte[] input : inputs(fuzzed)) {
                    Files.write(seeds.resolve("seed" + number++), input);
                }
            }
            name = type.getSimpleName();
            final Path corpus = Files.createDirectories(Path.of("target", "fuzz", name + i));
            jazzers.add(new ProcessBuilder(
                            command(type, runs / processes + 1, random.nextInt(1 << 30), work, corpus, seeds))
                    .redirectErrorStream(true)
                    .redirectOutput(log(i).toFile())
                    .start());
        }
        try {
            report(name, runs, jazzers);
        } finally {
            jazzers.forEach(Process::destroyForcibly);
        }
    }

    private void report(final String name, final long runs, final List<Process> jazzers) throws Exception {
        long done = 0;
        long seconds = 0;
        for (int i = 0; i < jazzers.size(); i++) {
            final int code = jazzers.get(i).waitFor();
            final List<String> said = Files.readAllLines(log(i), ISO_8859_1);
            assertEquals(0, code, () -> String.join("\n", said.subList(Math.max(0, said.size() - 60), said.size())));
            for (final String line : said) {
                final Matcher matcher = DONE.matcher(line);
                if (matcher.matches()) {
                    done += Long.parseLong(matcher.group(1));
                    seconds = Math.max(seconds, Long.parseLong(matcher.group(2)));
                }
            }
        }
        assertTrue(done >= runs, done + " executions");
        Torture.report(FuzzTest.class, "%s: %d executions in %d s, nothing found", name, done, seconds);
    }

    private Path log(final int process) {
        return directory.resolve("log" + process);
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
                "-D" + Fuzzed.DIRECTORY + "=" + work,
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
                "-max_len=" + Fuzzed.MAX_LENGTH,
                "-timeout=" + LONGEST_SECONDS,
                "-rss_limit_mb=" + MOST_MEMORY_MIB,
                "-print_final_stats=1",
                corpus.toString(),
                seeds.toString());
    }
}
