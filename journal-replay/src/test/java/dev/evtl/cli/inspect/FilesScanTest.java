package dev.evtl.cli.inspect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FilesScanTest {
    @TempDir
    Path directory;

    private static void offerAndRoll(final Journal journal, final int number) {
        TestFiles.offer(journal.publisher(), 1, number, "event");
        assertTrue(journal.roll(Duration.ofMinutes(1)));
        journal.sync();
    }

    @Test
    void journalThatRollsMeanwhileIsLive() throws IOException {
        try (Journal journal = Journal.open(directory)) {
            offerAndRoll(journal, 0);
            TestFiles.offer(journal.publisher(), 1, 1, "event");
            journal.sync();
            final FilesScan found = FilesScan.of(directory, behind -> {
                if (behind == 64) {
                    offerAndRoll(journal, 2);
                    offerAndRoll(journal, 3);
                }
            });
            assertEquals(Condition.UNCLOSED, found.scan().condition());
            assertEquals(2, found.files());
            assertEquals(JournalDirectory.file(directory, 1), found.file());
        }
    }

    @Test
    void fileThatIsReleasedWhileItIsReadIsReadToItsEnd() throws IOException {
        TestFiles.rolled(directory, 5, 5);
        final FilesScan found = FilesScan.of(directory, behind -> {
            try {
                Files.deleteIfExists(JournalDirectory.file(directory, 0));
            } catch (final IOException e) {
                throw new UncheckedIOException(e);
            }
        });
        assertEquals(10, found.events());
        assertEquals(2, found.files());
    }
}
