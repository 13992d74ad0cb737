package dev.evtl.cli.inspect;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.journal.Journal;
import dev.evtl.journal.file.JournalDirectory;
import dev.evtl.replay.EventHandler.Action;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.ReaderConfig;
import dev.evtl.replay.TestFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ReadersVerbTest {
    @TempDir
    Path directory;

    private void reader(final String name, final int read) {
        try (JournalReader reader =
                JournalReader.open(directory, ReaderConfig.builder().name(name).build())) {
            int left = read;
            while (left > 0) {
                left -= reader.poll(event -> Action.CONTINUE, left);
            }
            assertTrue(reader.commit());
        }
    }

    private static List<?> list(final Ran ran) throws IOException {
        assertEquals("", ran.err());
        assertEquals(0, ran.code());
        assertTrue(ran.out().startsWith("["), ran.out());
        return (List<?>) Ran.value(ran.out());
    }

    private static Map<?, ?> only(final Ran ran) throws IOException {
        final List<?> list = list(ran);
        assertEquals(1, list.size());
        return (Map<?, ?>) list.get(0);
    }

    @Test
    void readersAreListedWithTheirLag() throws IOException {
        TestFiles.rolled(directory, 10, 20, 5);
        reader("b", 12);
        reader("a", 35);
        final List<?> readers = list(evtl("readers", "--json", directory));
        assertEquals(2, readers.size());
        final Map<?, ?> atEnd = (Map<?, ?>) readers.get(0);
        assertEquals("a", atEnd.get("name"));
        assertEquals(35L, atEnd.get("sequence"));
        assertEquals(0L, atEnd.get("lagEvents"));
        assertEquals(0L, atEnd.get("lagBytes"));
        assertEquals(0L, atEnd.get("lagNanos"));
        final Map<?, ?> behind = (Map<?, ?>) readers.get(1);
        assertEquals("b", behind.get("name"));
        assertEquals(12L, behind.get("sequence"));
        assertEquals(23L, behind.get("lagEvents"));
        assertEquals(23L * (16 + 2), behind.get("lagBytes"));
        assertEquals(22L, behind.get("lagNanos"));
        assertTrue(behind.get("committedTime").toString().endsWith("Z"), behind.toString());
        final String table = evtl("readers", directory).out().replaceAll(" +", " ");
        assertTrue(table.contains("| b | 12 | 23 | 414 | 22 |"), table);
    }

    @Test
    void journalWithoutReadersHasAnEmptyList() throws IOException {
        TestFiles.rolled(directory, 1);
        assertEquals("[]\n", evtl("readers", "--json", directory).out());
        assertEquals(0, evtl("readers", directory).code());
    }

    @ParameterizedTest
    @CsvSource({"start, 0, 35", "end, 35, 0", "31, 31, 4", "35, 35, 0"})
    void readerIsMoved(final String to, final long sequence, final long lag) throws IOException {
        TestFiles.rolled(directory, 10, 20, 5);
        reader("a", 12);
        final Map<?, ?> moved = only(evtl("readers", "--json", directory, "--move", "a", "--to", to));
        assertEquals(sequence, moved.get("sequence"));
        assertEquals(lag, moved.get("lagEvents"));
        assertEquals(moved, only(evtl("readers", "--json", directory)));
    }

    @Test
    void readerIsRemoved() throws IOException {
        TestFiles.rolled(directory, 10);
        reader("a", 2);
        reader("b", 3);
        assertEquals(
                "b", only(evtl("readers", "--json", "--remove", "a", directory)).get("name"));
    }

    @ParameterizedTest
    @CsvSource({
        "--remove x, 1, has no reader x",
        "--move x --to 1, 1, has no reader x",
        "--move a --to 36, 1, has no sequence 36",
        "--move a --to -1, 2, 'neither a sequence number, nor start, nor end'",
        "--move a --to middle, 2, 'neither a sequence number, nor start, nor end'",
        "--move a, 2, --to",
        "--to 5, 2, --move",
        "--move a --to 5 --remove a, 2, exclude each other"
    })
    void whatCannotBeDoneIsOneLineAndLeavesAllAsItWas(final String args, final int code, final String why)
            throws IOException {
        TestFiles.rolled(directory, 35);
        reader("a", 12);
        final Ran ran = evtl((Object[]) ("readers " + directory + " " + args).split(" "));
        assertEquals(code, ran.code(), ran.err());
        assertTrue(ran.error().contains(why), ran.err());
        assertEquals("", ran.out());
        assertEquals(12L, only(evtl("readers", "--json", directory)).get("sequence"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"--remove a", "--move a --to end"})
    void readerInUseIsLeft(final String args) {
        TestFiles.rolled(directory, 10);
        try (JournalReader reader =
                JournalReader.open(directory, ReaderConfig.builder().name("a").build())) {
            assertEquals(0, reader.sequence());
            final Ran ran = evtl((Object[]) ("readers " + directory + " " + args).split(" "));
            assertEquals(1, ran.code());
            assertTrue(ran.error().contains("a"), ran.err());
        }
    }

    @Test
    void lagInTimeIsUnknownWhereThePlaceIsGone() throws IOException {
        TestFiles.rolled(directory, 10, 10);
        reader("a", 3);
        Files.delete(JournalDirectory.file(directory, 0));
        final Map<?, ?> reader = only(evtl("readers", "--json", directory));
        assertEquals(3L, reader.get("sequence"));
        assertEquals(17L, reader.get("lagEvents"));
        assertNull(reader.get("lagNanos"));
        assertTrue(evtl("readers", directory).out().contains("unknown"));
    }

    @Test
    void liveJournalOfOneFileIsRead() throws IOException {
        final Path file = directory.resolve("live.evtl");
        try (Journal journal = Journal.open(file)) {
            TestFiles.offer(journal.publisher(), 1, 5, "a");
            TestFiles.offer(journal.publisher(), 1, 105, "b");
            journal.sync();
            JournalReader.open(file, ReaderConfig.builder().name("a").build()).close();
            final Map<?, ?> reader = only(evtl("readers", "--json", file));
            assertEquals(2L, reader.get("lagEvents"));
            assertEquals(100L, reader.get("lagNanos"));
        }
    }
}
