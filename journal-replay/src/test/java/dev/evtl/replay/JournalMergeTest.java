package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.torture.ReferenceJournal;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalMergeTest {
    @TempDir
    Path directory;

    /** A journal whose events are named by letter and number, at the timestamps given. */
    private Path journal(final String letter, final long... timestamps) throws IOException {
        final ReferenceJournal journal = new ReferenceJournal(letter.charAt(0), true, 0);
        for (int i = 0; i < timestamps.length; i++) {
            journal.add(1, 0, timestamps[i], payload(letter + i));
        }
        return write(letter, journal);
    }

    private Path write(final String name, final ReferenceJournal journal) throws IOException {
        return Files.write(directory.resolve(name), journal.closed());
    }

    private static byte[] payload(final String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    private static JournalMerge merge(final Path... journals) {
        final List<JournalReader> readers = new ArrayList<>();
        for (final Path journal : journals) {
            readers.add(JournalReader.open(journal));
        }
        return new JournalMerge(readers);
    }

    private static String text(final JournalEvent event) {
        return event.isGap()
                ? "gap of " + event.dropped()
                : event.buffer().getStringWithoutLengthAscii(event.payloadOffset(), event.payloadLength());
    }

    private static String read(final Path... journals) {
        final List<String> found = new ArrayList<>();
        try (JournalMerge merge = merge(journals)) {
            assertEquals(merge.forEach(event -> found.add(text(event))), found.size());
            assertFalse(merge.next());
        }
        return String.join(" ", found);
    }

    @Test
    void eventsComeInOrderOfTimestamp() throws IOException {
        assertEquals(
                "b0 a0 c0 a1 a2 b1 b2 c1",
                read(journal("a", 2, 4, 5), journal("b", -1, 6, 9), journal("c", 3, Long.MAX_VALUE)));
        assertEquals("b0 a0 b1 a1", read(journal("a", 2, 9), journal("b", 1, 3)));
    }

    @Test
    void sameTimestampComesInTheOrderOfTheList() throws IOException {
        final Path a = journal("a", 1, 5, 5, 7);
        final Path b = journal("b", 5, 7);
        final Path c = journal("c", 1, 5);
        assertEquals("a0 c0 a1 a2 b0 c1 a3 b1", read(a, b, c));
        assertEquals("c0 a0 c1 b0 a1 a2 b1 a3", read(c, b, a));
    }

    @Test
    void eachJournalKeepsItsOrderWhereTimestampsStepBack() throws IOException {
        assertEquals("a0 b0 b1 a1 a2 a3 b2", read(journal("a", 1, 10, 2, 3), journal("b", 4, 5, 11)));
    }

    @Test
    void emptyJournalsAndOneAloneAreMergedToo() throws IOException {
        assertEquals("", read(journal("a"), journal("b")));
        assertEquals("b0 b1", read(journal("a"), journal("b", 2, 1)));
        assertEquals("", read());
    }

    @Test
    void claimsStayWhole() throws IOException {
        final Path a = write(
                "a",
                new ReferenceJournal(1, true, 0)
                        .add(1, ReferenceJournal.MORE, 1, payload("a0"))
                        .add(1, ReferenceJournal.MORE, 9, payload("a1"))
                        .add(1, 0, 2, payload("a2"))
                        .add(1, 0, 3, payload("a3")));
        assertEquals("a0 a1 a2 b0 a3 b1", read(a, journal("b", 2, 4)));
        assertEquals("b0 a0 a1 a2 a3 b1", read(a, journal("b", 0, 4)));
    }

    @Test
    void eventAndItsJournalAreShown() throws IOException {
        try (JournalMerge merge = merge(journal("a", 1, 3), journal("b", 2))) {
            assertEquals(-1, merge.source());
            assertThrows(IllegalStateException.class, merge::event);
            assertTrue(merge.next());
            assertEquals(
                    "0 a0 seq 0",
                    merge.source() + " " + text(merge.event()) + " seq "
                            + merge.event().sequence());
            assertTrue(merge.next());
            assertEquals(
                    "1 b0 seq 0",
                    merge.source() + " " + text(merge.event()) + " seq "
                            + merge.event().sequence());
            assertTrue(merge.next());
            assertEquals(
                    "0 a1 seq 1",
                    merge.source() + " " + text(merge.event()) + " seq "
                            + merge.event().sequence());
            assertFalse(merge.next());
        }
    }

    private ReferenceJournal withGap(final long timestamp, final long dropped) {
        final ByteBuffer gap = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
        gap.putLong(dropped).putLong(timestamp - 1).putLong(timestamp);
        return new ReferenceJournal(1, true, 0).add(240, 0, timestamp, gap.array());
    }

    @Test
    void gapsComeByTheirTimestampAndAreCounted() throws IOException {
        final Path a = write("a", withGap(5, 12));
        final Path b = write("b", withGap(6, 30));
        assertEquals("c0 gap of 12 gap of 30 c1", read(a, b, journal("c", 1, 9)));
        try (JournalMerge merge = merge(a, b)) {
            assertTrue(merge.next());
            assertEquals(12, merge.droppedEvents());
            assertTrue(merge.next());
            assertEquals(42, merge.droppedEvents());
        }
    }

    @Test
    void whatComesWhileItIsReadIsLeftToTheNextCall() throws IOException {
        final Path live = directory.resolve("live");
        final List<String> found = new ArrayList<>();
        try (Journal journal = Journal.open(live);
                JournalMerge merge = merge(journal("a", 1, 3), live)) {
            TestFiles.offer(journal.publisher(), 1, 2, "l0");
            journal.sync();
            assertEquals(3, merge.forEach(event -> {
                found.add(text(event));
                TestFiles.offer(journal.publisher(), 1, 4, "more");
                journal.sync();
            }));
            assertEquals(List.of("a0", "l0", "a1"), found);
            assertEquals(3, merge.forEach(event -> assertEquals("more", text(event))));
            assertFalse(merge.next(), "a quiet journal does not hold up the rest, nor is it waited for");
            TestFiles.offer(journal.publisher(), 1, 0, "late");
            journal.sync();
            assertTrue(merge.next());
            assertEquals("late", text(merge.event()));
        }
    }

    @Test
    void damageStopsItBeforeTheEventAndAgain() throws IOException {
        final Path b = journal("b", 2, 4);
        final byte[] bytes = Files.readAllBytes(b);
        bytes[64 + 18 + 16] ^= 1;
        Files.write(b, bytes);
        final List<String> found = new ArrayList<>();
        try (JournalMerge merge = merge(journal("a", 1, 3, 5), b)) {
            for (int i = 0; i < 2; i++) {
                final CorruptJournalException e = assertThrows(
                        CorruptJournalException.class, () -> merge.forEach(event -> found.add(text(event))));
                assertEquals(b, e.file());
                assertEquals(1, e.sequence());
                assertEquals(List.of("a0", "b0"), found);
            }
        }
    }

    @Test
    void closingClosesTheReaders() throws IOException {
        final JournalReader reader = JournalReader.open(journal("a", 1));
        new JournalMerge(List.of(reader)).close();
        assertThrows(IllegalStateException.class, reader::isAtEnd);
    }

    @Test
    void copyHoldsEveryEventOnceWithItsTimestampClaimsAndGaps() throws IOException {
        final Random random = new Random(7);
        final List<Path> sources = new ArrayList<>();
        final List<List<String>> expected = new ArrayList<>();
        for (int source = 0; source < 3; source++) {
            final ReferenceJournal journal = new ReferenceJournal(source, true, 1000L * source);
            final List<String> events = new ArrayList<>();
            long time = 0;
            while (events.size() < 2000) {
                final int claim = 1 + random.nextInt(4);
                for (int i = 0; i < claim; i++) {
                    time += random.nextInt(20) - 5;
                    final boolean more = i < claim - 1;
                    final String name = source + "." + events.size();
                    journal.add(1 + source, (more ? ReferenceJournal.MORE : 0) | 3, time, payload(name));
                    events.add(name + " " + time + " " + more);
                }
            }
            final ByteBuffer gap = ByteBuffer.allocate(24).order(ByteOrder.LITTLE_ENDIAN);
            journal.add(240, 0, time, gap.putLong(5).putLong(1).putLong(2).array());
            events.add("gap of 5 " + time + " false");
            sources.add(write("s" + source, journal));
            expected.add(events);
        }
        final Path out = directory.resolve("out");
        final long[] bytes = new long[1];
        try (JournalMerge merge = merge(sources.toArray(new Path[0]));
                Journal journal = Journal.open(
                        out,
                        JournalConfig.builder().backPressure(BackPressure.BLOCK).build())) {
            final long copied = merge.copyTo(journal, read -> bytes[0] = read);
            assertEquals(expected.stream().mapToInt(List::size).sum(), copied);
            assertEquals(15, merge.droppedEvents());
        }
        assertEquals(Files.size(out) - 64, bytes[0]);
        final List<List<String>> found = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
        final int[] at = new int[3];
        try (JournalReader reader = JournalReader.open(out)) {
            while (reader.next()) {
                final JournalEvent event = reader.event();
                final String line = text(event) + " " + event.timestamp() + " " + event.moreOfClaim();
                // a gap is of a journal whose turn it is
                final int source = event.isGap()
                        ? List.of(0, 1, 2).stream()
                                .filter(i -> at[i] == expected.get(i).size() - 1
                                        && expected.get(i).get(at[i]).equals(line))
                                .min(Comparator.naturalOrder())
                                .orElseThrow()
                        : event.type() - 1;
                found.get(source).add(line);
                at[source]++;
            }
        }
        assertEquals(expected, found);
    }

    @Test
    void copyIntoAJournalThatRefusesIsAnError() throws IOException {
        final Journal journal = Journal.open(directory.resolve("out"));
        journal.close();
        try (JournalMerge merge = merge(journal("a", 1))) {
            final JournalException e = assertThrows(JournalException.class, () -> merge.copyTo(journal, bytes -> {}));
            assertTrue(e.getMessage().contains("did not take the event of time 1"), e.getMessage());
        }
    }
}
