package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.TestJournals;
import dev.evtl.journal.support.Tmpfs;
import java.io.File;
import java.io.FileInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Memory, address space or handles run out while a journal is opened: nothing is left behind that is in the way. */
@Timeout(120)
class OpeningUnderPressureTest {
    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private List<String> run(final List<String> prefix, final List<String> flags, final String... args)
            throws IOException {
        final List<String> all = new ArrayList<>(flags);
        all.add(ChildJvm.FLAG);
        final Process child = ChildJvm.start(Duration.ofMinutes(1), prefix, all, Opener.class, args);
        return ChildJvm.output(child).lines().toList();
    }

    @ParameterizedTest
    @CsvSource({"WRITE, memory", "WRITE, file", "DIRECT, memory", "DIRECT, file", "MAPPED, memory"})
    void memory(final StorageMode storage, final String ring) throws IOException {
        final List<String> said = run(
                List.of(), List.of("-XX:MaxDirectMemorySize=3m"), "memory", directory.toString(), storage.name(), ring);
        assertTrue(said.get(0).startsWith("OutOfMemoryError"), said.toString());
        final String locks = ring.equals("file") ? "[j.evtl.lock, j.ring.lock]" : "[j.evtl.lock]";
        assertEquals(List.of("left: " + locks, "threads: 0", "opened"), said.subList(1, said.size()));
    }

    @Test
    void addressSpace() throws IOException {
        assumeTrue(Tmpfs.run("prlimit", "--version"), "there is no prlimit");
        final List<String> said = run(
                List.of("prlimit", "--as=" + (1500L << 20)),
                List.of("-XX:CompressedClassSpaceSize=32m", "-XX:ReservedCodeCacheSize=48m"),
                "space",
                directory.toString(),
                "MAPPED",
                "file");
        assertTrue(said.get(0).contains("Map failed"), said.toString());
        assertEquals(List.of("left: [j.evtl.lock, j.ring.lock]", "threads: 0", "opened"), said.subList(1, said.size()));
    }

    @ParameterizedTest
    @CsvSource({"MAPPED, memory", "MAPPED, file", "WRITE, file", "DIRECT, file"})
    void handles(final StorageMode storage, final String ring) throws IOException {
        assumeTrue(Tmpfs.run("prlimit", "--version"), "there is no prlimit");
        final List<String> said = run(
                List.of("prlimit", "--nofile=200"), List.of(), "handles", directory.toString(), storage.name(), ring);
        final int last = said.size() - 1;
        assertEquals("done", said.get(last), said.toString());
        assertTrue(last > 3, "with some numbers of handles it failed: " + said);
        said.subList(0, last).forEach(line -> assertFalse(line.startsWith("LEFT A FILE"), line));
    }

    /** The process that has too little. */
    static final class Opener {
        public static void main(final String[] args) throws IOException {
            final Path directory = Path.of(args[1]);
            final StorageMode storage = StorageMode.valueOf(args[2]);
            final boolean ring = args[3].equals("file");
            switch (args[0]) {
                case "memory" -> {
                    FileCalls.zeros(1); // memory that is there for all files
                    final ByteBuffer most = ByteBuffer.allocateDirect(1400 << 10);
                    tryOnce(directory, config(directory, storage, ring, 1 << 20));
                    most.put(0, (byte) 1);
                    Journal.open(directory.resolve("j.evtl"), config(directory, StorageMode.MAPPED, ring, 1024))
                            .close();
                    System.out.println("opened");
                }
                case "space" -> {
                    tryOnce(directory, config(directory, storage, true, 1 << 30));
                    Journal.open(directory.resolve("j.evtl"), config(directory, storage, true, 1024))
                            .close();
                    System.out.println("opened");
                }
                default -> {
                    // what the JVM opens once is open
                    Journal.open(directory.resolve("warm.evtl"), config(directory, storage, ring, 1024))
                            .close();
                    for (int handles = 0; handles < 16; handles++) {
                        withHandles(handles, directory, config(directory, storage, ring, 1024));
                    }
                    System.out.println("done");
                }
            }
            Runtime.getRuntime().halt(0);
        }

        private static JournalConfig config(
                final Path directory, final StorageMode storage, final boolean ring, final int ringSize) {
            final JournalConfig.Builder config =
                    TestJournals.small().ringSize(ringSize).storage(storage).listener(JournalListener.NONE);
            return (ring ? config.ringFile(directory.resolve("j.ring")) : config).build();
        }

        private static void tryOnce(final Path directory, final JournalConfig config) {
            try {
                Journal.open(directory.resolve("j.evtl"), config);
                System.out.println("opened all the same");
            } catch (final Throwable t) {
                System.out.println(t.getClass().getSimpleName() + " " + t.getMessage());
            }
            final String[] left = directory.toFile().list();
            Arrays.sort(left);
            System.out.println("left: " + Arrays.toString(left));
            System.out.println("threads: "
                    + Thread.getAllStackTraces().keySet().stream()
                            .filter(thread -> thread.getName().startsWith("evtl"))
                            .count());
        }

        /** Opens with so many handles left, then with enough. */
        private static void withHandles(final int handles, final Path directory, final JournalConfig config)
                throws IOException {
            final Path file = directory.resolve("j" + handles + ".evtl");
            final List<FileInputStream> taken = new ArrayList<>();
            try {
                while (true) {
                    taken.add(new FileInputStream("/dev/null"));
                }
            } catch (final IOException e) {
                for (int i = 0; i < handles; i++) {
                    taken.remove(taken.size() - 1).close();
                }
            }
            String failure = null;
            try {
                Journal.open(file, config).close();
            } catch (final Throwable t) {
                failure = t.toString();
            }
            for (final FileInputStream one : taken) {
                one.close();
            }
            final boolean there = new File(file.toString()).exists() || new File(directory + "/j.ring").exists();
            if (failure != null) {
                System.out.println((there ? "LEFT A FILE " : "") + failure);
            }
            Journal.open(file, config).close();
        }
    }
}
