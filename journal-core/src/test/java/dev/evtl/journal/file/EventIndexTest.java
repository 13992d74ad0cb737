package dev.evtl.journal.file;

import static java.nio.file.StandardOpenOption.CREATE_NEW;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.format.IndexHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.support.LongJournals;
import dev.evtl.journal.support.MemoryDirectory;
import dev.evtl.journal.support.StoredEvent;
import dev.evtl.journal.support.StoredIndex;
import dev.evtl.journal.support.ThreadIo;
import dev.evtl.torture.Torture;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.function.Predicate;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(300)
class EventIndexTest {
    private static final long LENGTH = 12 << 20;
    private static final int SEARCHES = 200;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    private final Random random = Torture.random(EventIndexTest.class);
    private Path file;

    @BeforeEach
    void file() {
        file = directory.resolve("i.evtl");
    }

    /** What is done with an index of a file, and how long the file is. */
    private interface Use {
        void with(EventIndex index, long end) throws IOException;
    }

    private void use(final Use use) throws IOException {
        try (FileChannel channel = FileChannel.open(file, READ)) {
            final JournalHeader header = JournalFile.readHeader(file, channel);
            try (EventIndex index = new EventIndex(file, header, channel)) {
                use.with(index, header.writeOffset());
            }
        }
    }

    private static IndexEntry toEntry(final StoredIndex.Entry stored) {
        return new IndexEntry(
                stored.sequence(),
                stored.offset(),
                stored.greatest(),
                stored.least(),
                stored.dropped(),
                stored.timestamp(),
                stored.word());
    }

    private static long offsetOfLast(final List<StoredIndex.Entry> entries, final Predicate<StoredIndex.Entry> which) {
        return entries.stream()
                .filter(which)
                .mapToLong(StoredIndex.Entry::offset)
                .max()
                .orElse(64);
    }

    @ParameterizedTest
    @CsvSource({"MAPPED, true", "WRITE, true", "WRITE, false"})
    void placesAreThoseThatReadingEverythingGives(final StorageMode storage, final boolean checksums)
            throws IOException {
        final JournalConfig config = LongJournals.config()
                .storage(storage)
                .checksums(checksums)
                .baseSequence(random.nextInt(1000))
                .build();
        LongJournals.write(file, config, random.nextLong(), LENGTH);
        final List<StoredEvent> events = StoredEvent.readAll(file);
        final List<StoredIndex.Entry> entries = StoredIndex.assertFits(file, events);
        assertTrue(entries.size() > 8, entries.size() + " entries");
        use((index, end) -> {
            assertEquals(entries.size(), index.size());
            for (int i = 0; i < entries.size(); i++) {
                assertEquals(toEntry(entries.get(i)), index.get(i));
            }
            for (int i = 0; i < SEARCHES; i++) {
                final StoredEvent event = events.get(random.nextInt(events.size()));
                assertEquals(
                        offsetOfLast(entries, entry -> entry.sequence() <= event.sequence()),
                        index.floorBySequence(event.sequence(), end).offset());
                assertEquals(
                        offsetOfLast(entries, entry -> entry.offset() <= event.offset()),
                        index.floorByOffset(event.offset(), end).offset());
                final long greatest = entries.get(i % entries.size()).greatest();
                final long sought = (i % 2 == 0 ? event.timestamp() : greatest) + random.nextInt(3) - 1;
                final long from = index.floorByTime(sought, end).offset();
                assertEquals(offsetOfLast(entries, entry -> entry.greatest() < sought), from);
                assertTrue(
                        events.stream().noneMatch(e -> e.offset() < from && e.timestamp() >= sought),
                        "nothing that is sought lies before");
            }
            for (final StoredIndex.Entry entry : entries) {
                assertLaterIsTheLongestStretch(entry.least(), index, end, events, entries);
                assertLaterIsTheLongestStretch(entry.least() - 1, index, end, events, entries);
            }
            assertLaterIsTheLongestStretch(Long.MIN_VALUE, index, end, events, entries);
            assertLaterIsTheLongestStretch(Long.MAX_VALUE, index, end, events, entries);
            assertEquals(64, index.floorBySequence(Long.MIN_VALUE, end).offset());
            assertEquals(64, index.floorByTime(Long.MIN_VALUE, end).offset());
            final long last = entries.get(entries.size() - 1).offset();
            assertEquals(last, index.floorBySequence(Long.MAX_VALUE, end).offset());
            assertEquals(last, index.floorByTime(Long.MAX_VALUE, end).offset());
            assertTrue(index.floorByOffset(Long.MAX_VALUE, last).offset() < last, "its event ends behind");
        });
    }

    private static void assertLaterIsTheLongestStretch(
            final long timestamp,
            final EventIndex index,
            final long end,
            final List<StoredEvent> events,
            final List<StoredIndex.Entry> entries) {
        final EventIndex.Later later = index.later(timestamp, end);
        final long last = entries.get(entries.size() - 1).offset();
        assertEquals(last, later.to().offset());
        final long from = events.stream()
                .filter(event -> event.offset() < last && event.timestamp() <= timestamp)
                .mapToLong(StoredEvent::offset)
                .max()
                .orElse(-1);
        assertEquals(
                from < 0
                        ? 64
                        : entries.stream()
                                .mapToLong(StoredIndex.Entry::offset)
                                .filter(offset -> offset > from)
                                .min()
                                .orElseThrow(),
                later.from().offset());
    }

    @Test
    void damagedEntriesArePassedOver() throws IOException {
        LongJournals.write(file, random.nextLong(), LENGTH);
        final List<IndexEntry> entries =
                StoredIndex.readAll(file).stream().map(EventIndexTest::toEntry).toList();
        final Path path = StoredIndex.path(file);
        final byte[] intact = Files.readAllBytes(path);
        for (int round = 0; round < 50; round++) {
            final byte[] damaged = intact.clone();
            for (int i = 0; i <= round % 10; i++) {
                damaged[64 + random.nextInt(damaged.length - 64)] ^= (byte) (1 << random.nextInt(8));
            }
            Files.write(path, damaged);
            use((index, end) -> {
                for (int i = 0; i < 20; i++) {
                    final long sequence = random.nextInt(
                            1 + (int) entries.get(entries.size() - 1).sequence());
                    final IndexEntry found = index.floorBySequence(sequence, end);
                    assertTrue(found.offset() == 64 || entries.contains(found), "an entry that was written");
                    assertTrue(found.sequence() <= sequence);
                    assertTrue(
                            entries.stream()
                                    .filter(entry -> entry.sequence() <= sequence && entry.offset() > found.offset())
                                    .allMatch(entry -> index.get(entries.indexOf(entry)) == null),
                            "one that verifies");
                }
            });
        }
    }

    @Test
    void entryWhoseEventIsNotThereIsNotUsed() throws IOException {
        LongJournals.write(file, random.nextLong(), LENGTH);
        final List<StoredIndex.Entry> entries = StoredIndex.readAll(file);
        final int damaged = entries.size() / 2;
        try (RandomAccessFile opened = new RandomAccessFile(file.toFile(), "rw")) {
            opened.seek(entries.get(damaged).offset() + 3);
            opened.write(opened.read() + 1);
        }
        use((index, end) -> {
            assertEquals(
                    entries.get(damaged - 1).offset(),
                    index.floorByOffset(entries.get(damaged).offset(), end).offset());
            assertEquals(
                    entries.get(damaged + 1).offset(),
                    index.floorByOffset(entries.get(damaged + 1).offset(), end).offset());
            assertFalse(index.isThere(toEntry(entries.get(damaged)), end));
        });
    }

    @Test
    void entryThatLiesInAnotherPlaceOrWasMadeForAnotherFileDoesNotVerify() throws IOException {
        LongJournals.write(file, random.nextLong(), LENGTH);
        final Path path = StoredIndex.path(file);
        final byte[] bytes = Files.readAllBytes(path);
        final byte[] moved = bytes.clone();
        System.arraycopy(bytes, 64 + 64, moved, 64, 64);
        Files.write(path, moved);
        use((index, end) -> assertNull(index.get(0)));

        final Path other = directory.resolve("other.evtl");
        LongJournals.write(other, random.nextLong(), LENGTH);
        Files.write(path, Files.readAllBytes(StoredIndex.path(other)));
        use((index, end) -> {
            assertEquals(0, index.size());
            assertEquals(64, index.floorByOffset(end, end).offset());
        });
        final byte[] foreign = Files.readAllBytes(path);
        System.arraycopy(bytes, 0, foreign, 0, 64);
        Files.write(path, foreign);
        use((index, end) -> {
            assertTrue(index.size() > 0);
            assertEquals(64, index.floorByOffset(end, end).offset());
        });
    }

    @ParameterizedTest
    @CsvSource({"0, 0", "1, 0", "63, 0", "64, 0", "127, 0", "128, 1", "200, 2"})
    void shortIndexHasTheEntriesThatAreWhole(final int length, final int entries) throws IOException {
        LongJournals.write(file, random.nextLong(), 4 << 20);
        try (FileChannel index = FileChannel.open(StoredIndex.path(file), WRITE)) {
            index.truncate(length);
        }
        use((index, end) -> {
            assertEquals(entries, index.size());
            assertEquals(entries == 0, index.floorByOffset(end, end).offset() == 64);
        });
    }

    @Test
    void indexThatIsMissingOrCannotBeOneIsNone() throws IOException {
        LongJournals.write(file, random.nextLong(), 3 << 20);
        final Path path = StoredIndex.path(file);
        final Path aside = Files.move(path, directory.resolve("aside"));
        use((index, end) -> {
            assertEquals(64, index.floorByTime(Long.MAX_VALUE, end).offset());
            Files.createDirectory(path);
            assertEquals(0, index.size());
            Files.delete(path);
            Files.createSymbolicLink(path, aside);
            assertEquals(0, index.size(), "a link is not followed");
            Files.delete(path);
            Files.writeString(path, "something else");
            assertEquals(0, index.size());
            Files.delete(path);
            Files.move(aside, path);
            assertTrue(index.floorByTime(Long.MAX_VALUE, end).offset() > 64, "one that comes is used");
        });
    }

    /** A file of 4 GiB in holes, with an event wherever the index says that there is one. */
    @Test
    void searchTakesFewReads() throws IOException {
        final int entries = 4096;
        final int readsOfASearch = 40;
        final long interval = 1 << 20;
        JournalFile.create(file, new JournalFile.NewFile(7, false, 0, Set.of()));
        try (FileChannel journal = FileChannel.open(file, READ, WRITE);
                FileChannel index = FileChannel.open(StoredIndex.path(file), CREATE_NEW, WRITE)) {
            final JournalHeader header = JournalFile.readHeader(file, journal);
            final UnsafeBuffer bytes = new UnsafeBuffer(new byte[IndexEntry.LENGTH]);
            IndexHeader.encode(bytes, header);
            index.write(ByteBuffer.wrap(bytes.byteArray()), 0);
            for (int i = 0; i < entries; i++) {
                final long offset = (i + 1) * interval;
                journal.write(ByteBuffer.wrap(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0}), offset);
                IndexEntry.encode(bytes, 0, i * 10L, offset, i * 5L, 0, 0, 0, 1);
                IndexEntry.seal(bytes, 0, i, header);
                index.write(ByteBuffer.wrap(bytes.byteArray()), IndexEntry.offset(i));
            }
            try (EventIndex searched = new EventIndex(file, header, journal)) {
                searched.size();
                for (int i = 0; i < SEARCHES; i++) {
                    final int sought = random.nextInt(entries);
                    final ThreadIo before = ThreadIo.now();
                    final IndexEntry bySequence = searched.floorBySequence(sought * 10L + 9, journal.size());
                    final IndexEntry byTime = searched.floorByTime(sought * 5L + 1, journal.size());
                    final ThreadIo read = ThreadIo.now().since(before);
                    assertEquals((sought + 1) * interval, bySequence.offset());
                    assertEquals(bySequence, byTime);
                    assertTrue(read.calls() < 2 * readsOfASearch, read.toString());
                }
            }
        }
    }
}
