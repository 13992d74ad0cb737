package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Tmpfs;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A process that may only make small files. */
class FileSizeLimitTest {
    /** Within a page, where a write past the page cache cannot go on. */
    private static final int LIMIT = 129_977;

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(StorageMode.class)
    void limitIsNamedAndNothingIsLeftBehind(final StorageMode mode) throws Exception {
        assumeTrue(Tmpfs.run("prlimit", "--version"), "there is no prlimit");
        final Path file = directory.resolve("l.evtl");
        final Process child = ChildJvm.start(
                Duration.ofMinutes(1),
                List.of("prlimit", "--fsize=" + LIMIT),
                List.of(ChildJvm.FLAG, "-XX:-UsePerfData"),
                Opener.class,
                file.toString(),
                mode.name());
        assertEquals(
                file + ": could not grow: File too large",
                ChildJvm.output(child).strip());
        assertFalse(Files.exists(file));
    }

    /** Says why it could not open a journal of more space than it may have. */
    static final class Opener {
        public static void main(final String[] args) {
            try {
                Journal.open(
                        Path.of(args[0]),
                        JournalConfig.builder()
                                .initialSize(1 << 20)
                                .storage(StorageMode.valueOf(args[1]))
                                .build());
            } catch (final JournalException e) {
                System.out.println(e.getMessage());
            }
        }
    }
}
