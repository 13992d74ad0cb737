package dev.evtl.cli.record;

import static dev.evtl.cli.Ran.evtl;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.cli.Ran;
import dev.evtl.replay.Dispatcher;
import dev.evtl.replay.EventConsumer;
import dev.evtl.replay.EventFilter;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalReader;
import dev.evtl.replay.TestFiles;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordTest {
    /** Midnight in New York, five hours behind UTC. */
    private static final long CHRISTMAS_EVE = 1_293_166_800_000_000_000L;

    private static final long HOUR = TimeUnit.HOURS.toNanos(1);

    @TempDir
    Path directory;

    private Path file;

    @BeforeEach
    void nameFile() {
        file = directory.resolve("itch.evtl");
    }

    private Ran record(final byte[] input) {
        return evtl(input, "record", "--format", "itch50", "--date", "2010-12-24", "-", file);
    }

    private Ran record(final Path input) {
        return evtl("record", "--format", "itch50", "--date", "2010-12-24", input, file);
    }

    /** A message with its length; the payload after the common header is zeros. */
    private static byte[] message(final int type, final long nanos, final int length) {
        return ByteBuffer.allocate(2 + length)
                .putShort((short) length)
                .put((byte) type)
                .putInt(0x0001_0002)
                .putShort((short) (nanos >>> 32))
                .putInt((int) nanos)
                .array();
    }

    private static byte[] concat(final byte[]... parts) throws IOException {
        final ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (final byte[] part : parts) {
            all.write(part);
        }
        return all.toByteArray();
    }

    private static final class Shares implements EventConsumer {
        private long sum;

        @Override
        public boolean consume(final JournalEvent event) {
            sum += event.buffer().getInt(event.payloadOffset() + 20, ByteOrder.BIG_ENDIAN);
            return true;
        }

        @Override
        public String name() {
            return "shares";
        }
    }

    @Test
    void sampleIsRecordedWhole() throws IOException {
        final Path sample = TestFiles.itchSample();
        final Ran ran = record(sample);
        assertEquals(0, ran.code(), ran.err());
        assertEquals("", ran.out());
        assertEquals("evtl: 12012 messages recorded in " + file, ran.error());

        final Map<?, ?> info = evtl("info", "--json", "--types", file).json();
        assertEquals(12_012L, info.get("eventCount"));
        assertEquals("closed", info.get("state"));
        assertEquals(CHRISTMAS_EVE + 11_202_475_298_710L, info.get("firstTimestamp"));
        assertEquals(CHRISTMAS_EVE + 68_698_845_099_321L, info.get("lastTimestamp"));
        final Map<Character, Long> expected = Map.of(
                'S', 6L, 'R', 3L, 'H', 3L, 'A', 4_997L, 'F', 3L, 'E', 198L, 'X', 45L, 'D', 1_745L, 'U', 12L, 'P',
                5_000L);
        final Map<?, ?> types = (Map<?, ?>) info.get("types");
        assertEquals(expected.size(), types.size());
        expected.forEach((type, count) -> assertEquals(count, types.get(Integer.toString(type)), type + ""));

        final ByteArrayOutputStream messages = new ByteArrayOutputStream();
        try (DataOutputStream data = new DataOutputStream(messages)) {
            for (final String line : evtl("cat", "-o", "hex", file).lines()) {
                final byte[] message = HexFormat.of().parseHex(line);
                data.writeShort(message.length);
                data.write(message);
            }
        }
        assertArrayEquals(Files.readAllBytes(sample), messages.toByteArray());

        final Shares shares = new Shares();
        try (JournalReader reader = JournalReader.open(file)) {
            final Dispatcher dispatcher = new Dispatcher(
                    reader,
                    EventFilter.types('P'),
                    e -> {
                        throw new AssertionError(e);
                    },
                    List.of(shares));
            assertEquals(12_012, dispatcher.drain());
            assertEquals(5_000, dispatcher.delivered());
        }
        assertEquals(674_132, shares.sum);
    }

    @Test
    void fileAndStandardInputGiveTheSameEvents() throws IOException {
        final byte[] input = concat(message('S', 1, 12), message('A', 3, 36), message('m', 0xFFFF_FFFF_FFFFL, 11));
        assertEquals(0, record(input).code());
        final String fromStandardInput = evtl("cat", "-o", "csv", file).out();
        assertEquals(
                List.of(
                        "seq,offset,timestamp,type,flags,length,payload,dropped,more",
                        "0,64," + (CHRISTMAS_EVE + 1) + ",83,0,12,530001000200000000000100,,",
                        "1,92," + (CHRISTMAS_EVE + 3) + ",65,0,36,4100010002000000000003" + "00".repeat(25) + ",,",
                        "2,144," + (CHRISTMAS_EVE + 0xFFFF_FFFF_FFFFL) + ",109,0,11,6d00010002ffffffffffff,,"),
                fromStandardInput.lines().toList());

        Files.delete(file);
        assertEquals(0, record(Files.write(directory.resolve("input"), input)).code());
        assertEquals(fromStandardInput, evtl("cat", "-o", "csv", file).out());
    }

    @Test
    void letterThatIsNoTypeYetIsRecordedAndTold() throws IOException {
        final Ran ran = record(concat(message('Z', 1, 65_535), message('S', 1, 12), message('m', 1, 11)));
        assertEquals(0, ran.code());
        assertEquals(
                "evtl: 3 messages recorded in " + file
                        + ", some of types that ITCH 5.0 did not have when this was written: Z m",
                ran.error());
        assertEquals(2 * 65_535, evtl("cat", "-o", "hex", file).lines().get(0).length());
    }

    /** Lengths by Nasdaq TotalView-ITCH 5.0, NQTVITCHspecification.pdf, the sections on each message. */
    @ParameterizedTest
    @CsvSource({
        "S, 12", "R, 39", "H, 25", "Y, 20", "L, 26", "V, 35", "W, 12", "K, 28", "J, 35", "h, 21", "A, 36", "F, 40",
        "E, 31", "C, 36", "X, 23", "D, 19", "U, 35", "P, 44", "Q, 40", "B, 19", "I, 50", "N, 20", "O, 48"
    })
    void messageIsAsLongAsItsType(final char type, final int length) throws IOException {
        assertEquals(
                "evtl: 1 messages recorded in " + file,
                record(message(type, 1, length)).error());
        for (final int wrong : new int[] {length - 1, length + 1, 65_535}) {
            Files.delete(file);
            final Ran ran = record(concat(message('S', 1, 12), message(type, 1, wrong)));
            assertEquals(1, ran.code());
            assertEquals(
                    "evtl: standard input: byte offset 14: expected " + length + " bytes of a message of type " + type
                            + ", found a length of " + wrong,
                    ran.error());
            assertEquals(1L, evtl("info", "--json", file).json().get("eventCount"));
        }
    }

    @Test
    void lengthOfZeroIsTheEnd() throws IOException {
        final byte[] messages = concat(message('S', 1, 12), message('S', 2, 12));
        final Ran ran = record(concat(messages, new byte[2]));
        assertEquals(0, ran.code());
        assertEquals("evtl: 2 messages recorded in " + file, ran.error());
        Files.delete(file);
        assertEquals("evtl: 0 messages recorded in " + file, record(new byte[2]).error());
        Files.delete(file);

        final Ran more = record(concat(messages, new byte[2], message('S', 3, 12)));
        assertEquals(1, more.code());
        assertEquals(
                "evtl: standard input: byte offset 28: expected the end of the input after the length of 0 that marks it,"
                        + " found more",
                more.error());
        assertEquals(2L, evtl("info", "--json", file).json().get("eventCount"));
    }

    private static byte[] gzip(final byte[] bytes) throws IOException {
        final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(packed)) {
            out.write(bytes);
        }
        return packed.toByteArray();
    }

    @Test
    void gzipIsUnpacked() throws IOException {
        final byte[] first = concat(message('S', 1, 12), message('A', 3, 36));
        final byte[] second = concat(message('A', 4, 36), new byte[2]);
        for (final byte[] packed : List.of(gzip(concat(first, second)), concat(gzip(first), gzip(second)))) {
            assertEquals("evtl: 3 messages recorded in " + file, record(packed).error());
            Files.delete(file);
            assertEquals(
                    "evtl: 3 messages recorded in " + file,
                    record(Files.write(directory.resolve("input.gz"), packed)).error());
            Files.delete(file);
        }
    }

    /** Between two members, as from a pipe whose writer is slow. */
    @Test
    void gzipIsUnpackedUpToItsEndThoughNothingIsAvailableFor() throws IOException {
        final byte[] packed = concat(gzip(message('S', 1, 12)), gzip(message('S', 2, 12)));
        final InputStream slow = new ByteArrayInputStream(packed) {
            @Override
            public synchronized int read(final byte[] target, final int offset, final int length) {
                return super.read(target, offset, Math.min(1, length));
            }

            @Override
            public synchronized int available() {
                return 0;
            }
        };
        final Itch50 messages = new Itch50(Packing.unpack(slow), LocalDate.of(2010, 12, 24), ZoneOffset.UTC);
        assertTrue(messages.next());
        assertTrue(messages.next());
        assertFalse(messages.next());
    }

    /** Also in the header of a later member, which Java's own gzip takes for the end. */
    @Test
    void gzipThatIsCutIsToldBehindTheMessagesBefore() throws IOException {
        final byte[] first = gzip(message('S', 1, 12));
        final byte[] packed = concat(first, gzip(message('S', 2, 12)));
        for (int length = 3; length < packed.length; length++) {
            final Ran ran = record(Arrays.copyOf(packed, length));
            if (length == first.length) {
                assertEquals("evtl: 1 messages recorded in " + file, ran.error());
            } else {
                assertEquals(1, ran.code(), "cut to " + length);
                assertEquals(
                        "evtl: standard input: gzip: cut off: expected more packed data, found the end", ran.error());
                assertTrue(length < first.length
                        || (Long) evtl("info", "--json", file).json().get("eventCount") >= 1);
            }
            Files.deleteIfExists(file);
        }
    }

    @Test
    void gzipThatIsDamagedIsToldBehindTheMessagesBefore() throws IOException {
        final byte[] first = gzip(message('S', 1, 12));
        final byte[] packed = concat(first, gzip(message('S', 2, 12)));
        final List<Integer> places = List.of(
                first.length - 8, // the checksum
                first.length - 1, // the length
                first.length, // the magic of the second member
                first.length + 1,
                first.length + 2,
                packed.length - 1);
        for (final int place : places) {
            final byte[] damaged = packed.clone();
            damaged[place] ^= 0x40;
            final Ran ran = record(damaged);
            assertEquals(1, ran.code(), "byte " + place);
            assertTrue(ran.error().startsWith("evtl: standard input: gzip: damaged: expected "), ran.err());
            assertEquals("clean", evtl("verify", "--json", file).json().get("result"));
            assertEquals(
                    place == packed.length - 1 ? 2L : 1L,
                    evtl("info", "--json", file).json().get("eventCount"));
            Files.delete(file);
        }
        assertTrue(record(concat(first, new byte[1])).error().contains("gzip: "));
    }

    /** With an extra field, a name, a comment and a checksum of all that, which Java does not write. */
    @Test
    void gzipHeaderMayHaveEveryField() throws IOException {
        final byte[] plain = gzip(message('S', 1, 12));
        for (int flags = 0; flags < 0x20; flags++) {
            final ByteArrayOutputStream member = new ByteArrayOutputStream();
            member.writeBytes(new byte[] {0x1f, (byte) 0x8b, 8, (byte) flags, 1, 2, 3, 4, 0, 3});
            for (final String field : List.of("04 0300414243", "08 6e616d6500", "10 746f6f00", "02 beef")) {
                final String[] words = field.split(" ");
                if ((flags & Integer.parseInt(words[0], 16)) != 0) {
                    member.writeBytes(HexFormat.of().parseHex(words[1]));
                }
            }
            member.write(plain, 10, plain.length - 10);
            final Ran ran = record(concat(member.toByteArray(), plain));
            assertEquals("evtl: 2 messages recorded in " + file, ran.error(), "flags " + flags);
            Files.delete(file);
        }
    }

    /** As bgzip packs: a member for each block; and much more than fits a buffer. */
    @Test
    void largeGzipOfManyMembersIsUnpacked() throws IOException {
        final ByteArrayOutputStream packed = new ByteArrayOutputStream();
        final ByteArrayOutputStream messages = new ByteArrayOutputStream();
        for (int i = 0; i < 20_000; i++) {
            messages.writeBytes(message('A', i, 36));
            if (i % 997 == 0) {
                packed.writeBytes(gzip(messages.toByteArray()));
                messages.reset();
            }
        }
        packed.writeBytes(gzip(messages.toByteArray()));
        packed.writeBytes(gzip(new byte[0]));
        assertEquals(
                "evtl: 20000 messages recorded in " + file,
                record(packed.toByteArray()).error());
        assertEquals("clean", evtl("verify", "--json", file).json().get("result"));
    }

    @ParameterizedTest
    @CsvSource({
        "504b03041400, zip",
        "425a68393141, bzip2",
        "fd377a585a00, xz",
        "28b52ffd0458, zstd",
        "04224d186440, lz4"
    })
    void otherPackingIsRefusedByNameBeforeAnythingIsJournaled(final String start, final String name)
            throws IOException {
        final Ran ran = record(HexFormat.of().parseHex(start + "00".repeat(100)));
        assertEquals(1, ran.code());
        assertEquals(
                "evtl: standard input: is packed with " + name + "; unpack it first, or pack it with gzip",
                ran.error());
        assertFalse(Files.exists(file));
    }

    @ParameterizedTest
    @CsvSource({
        "2010-12-24, '', 1293166800",
        "2010-12-24, UTC, 1293148800",
        "2010-12-24, Europe/Stockholm, 1293145200",
        "2010-12-24, +05:30, 1293129000",
        "2020-07-01, '', 1593576000",
        "2020-07-01, America/New_York, 1593576000",
        "2020-03-08, '', 1583643600",
        "2020-03-09, '', 1583726400"
    })
    void midnightIsTheExchanges(final String date, final String zone, final long seconds) throws IOException {
        final List<Object> args = new ArrayList<>(List.of("record", "--format", "itch50", "--date", date, "-", file));
        if (!zone.isEmpty()) {
            args.addAll(List.of("--zone", zone));
        }
        assertEquals(0, evtl(message('S', 7, 12), args.toArray()).code());
        assertEquals(
                TimeUnit.SECONDS.toNanos(seconds) + 7,
                evtl("info", "--json", file).json().get("firstTimestamp"));
    }

    @Test
    void helpNamesTheZone() {
        final String help = evtl("record", "--help").out().replaceAll("\\s+", " ");
        assertTrue(help.contains("default for itch50 America/New_York"), help);
    }

    /** The night in which New York goes over to summer time has 23 hours. */
    @Test
    void timesThatStepBackByHalfADayAreOfTheNext() throws IOException {
        final long day = 1_583_643_600_000_000_000L;
        final long next = day + 23 * HOUR;
        final byte[] input = concat(
                message('S', 22 * HOUR, 12),
                message('S', 21 * HOUR, 12), // steps back, but not so far
                message('S', 24 * HOUR - 2, 12),
                message('S', 1, 12),
                message('S', 24 * HOUR - 1, 12), // a late one of the day before
                message('S', 2, 12),
                message('S', 11 * HOUR, 12));
        assertEquals(
                0,
                evtl(input, "record", "--format", "itch50", "--date", "2020-03-08", "-", file)
                        .code());
        final List<Object> timestamps = new ArrayList<>();
        for (final String line : evtl("cat", "-o", "jsonl", file).lines()) {
            timestamps.add(Ran.json(line).get("timestamp"));
        }
        assertEquals(
                List.of(
                        day + 22 * HOUR,
                        day + 21 * HOUR,
                        day + 24 * HOUR - 2,
                        next + 1,
                        day + 24 * HOUR - 1,
                        next + 2,
                        next + 11 * HOUR),
                timestamps);
    }

    @Test
    void noMessagesAreAnEmptyJournal() throws IOException {
        assertEquals("evtl: 0 messages recorded in " + file, record(new byte[0]).error());
        assertEquals("clean", evtl("verify", "--json", file).json().get("result"));
    }

    @ParameterizedTest
    @CsvSource({
        "00, expected a length of 2 bytes but found 1",
        "000a53000000000000000000, expected a message of at least 11 bytes but found a length of 10",
        "000c, expected a message of 12 bytes but found 0",
        "000c5300010002000000000001, expected a message of 12 bytes but found 11",
        "000b0000010002000000000001, expected a letter as the message's type but found 0",
        "000b4000010002000000000001, expected a letter as the message's type but found 64",
        "000bef00010002000000000001, expected a letter as the message's type but found 239",
        "000bff00010002000000000001, expected a letter as the message's type but found 255"
    })
    void cutOrImpossibleMessageEndsItAfterThoseBefore(final String bad, final String problem) throws IOException {
        final byte[] good = concat(message('S', 1, 12), message('R', 2, 39));
        final byte[] input = concat(good, HexFormat.of().parseHex(bad));
        final Ran ran = record(input);
        assertEquals(1, ran.code());
        assertEquals(
                "evtl: standard input: byte offset " + good.length + ": " + problem.replace(" but", ","), ran.error());
        final Map<?, ?> verified = evtl("verify", "--json", file).json();
        assertEquals("clean", verified.get("result"));
        assertEquals(2L, verified.get("events"));
    }

    @Test
    void everyCutOfAMessageIsFound() throws IOException {
        final byte[] input = concat(message('S', 1, 12), message('S', 2, 12));
        for (int length = 0; length <= input.length; length++) {
            final Ran ran = record(Arrays.copyOf(input, length));
            assertEquals(length % 14 == 0 ? 0 : 1, ran.code(), "cut to " + length);
            assertEquals(
                    (long) (length / 14), evtl("info", "--json", file).json().get("eventCount"), "cut to " + length);
            Files.delete(file);
        }
    }

    @Test
    void missingOrUnreadableInputLeavesNoFile() throws IOException {
        final Ran missing = record(directory.resolve("missing"));
        assertEquals(1, missing.code());
        assertTrue(missing.error().startsWith("evtl: " + directory.resolve("missing") + " ("), missing.err());
        assertEquals(1, record(directory).code());
        try (var files = Files.list(directory)) {
            assertEquals(0, files.count());
        }
    }

    @Test
    void fileThatExistsIsLeftAsItIs() throws IOException {
        Files.writeString(file, "mine");
        final Ran ran = record(message('S', 1, 12));
        assertEquals(1, ran.code());
        assertTrue(ran.error().endsWith(file + ": exists; give another name"), ran.err());
        assertEquals("mine", Files.readString(file));
    }

    @Test
    void directoryOfTheJournalMustExist() {
        file = directory.resolve("missing").resolve("itch.evtl");
        final Ran ran = record(message('S', 1, 12));
        assertEquals(1, ran.code());
        assertTrue(ran.error().contains("does not exist; create it first"), ran.err());
        assertFalse(Files.exists(directory.resolve("missing")));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--format itch50 - FILE",
                "--date 2010-12-24 - FILE",
                "--format itch41 --date 2010-12-24 - FILE",
                "--format itch50 --date 24.12.2010 - FILE",
                "--format itch50 --date 2010-13-24 - FILE",
                "--format itch50 --date 1970-01-01 - FILE",
                "--format itch50 --date 2262-01-01 - FILE",
                "--format itch50 --date 2010-12-24 --zone Nowhere/City - FILE",
                "--format itch50 --date 2010-12-24 --zone +19:00 - FILE",
                "--format itch50 --date 2010-12-24 -",
                "--format itch50 --date 2010-12-24 --append - FILE"
            })
    void wrongUsageIsOneLineAndTwo(final String options) {
        final Ran ran = evtl((Object[]) ("record " + options.replace("FILE", file.toString())).split(" "));
        assertEquals(2, ran.code());
        assertTrue(ran.error().startsWith("evtl record: "), ran.err());
        assertFalse(ran.err().contains("java."), ran.err());
        assertFalse(Files.exists(file));
    }

    @ParameterizedTest
    @CsvSource({"1970-01-02, 86400000000000", "2261-12-31, 9214560000000000000"})
    void firstAndLastDateFitTheirTimestamps(final String date, final long midnight) throws IOException {
        final byte[] input = concat(message('S', 0, 12), message('S', 0xFFFF_FFFF_FFFFL, 12));
        for (final int hours : new int[] {-18, 18}) {
            assertEquals(
                    0,
                    evtl(
                                    input,
                                    "record",
                                    "--format",
                                    "ITCH50",
                                    "--date",
                                    date,
                                    "--zone",
                                    (hours < 0 ? "" : "+") + hours + ":00",
                                    "-",
                                    file)
                            .code());
            final Map<?, ?> info = evtl("info", "--json", file).json();
            assertEquals(midnight - hours * HOUR, info.get("firstTimestamp"));
            assertEquals(midnight - hours * HOUR + 0xFFFF_FFFF_FFFFL, info.get("lastTimestamp"));
            Files.delete(file);
        }
    }
}
