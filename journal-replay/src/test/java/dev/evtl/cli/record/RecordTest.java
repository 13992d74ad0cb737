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
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RecordTest {
    private static final long CHRISTMAS_EVE = 1_293_148_800_000_000_000L;

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

        final Map<?, ?> info = evtl("info", "--json", file).json();
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
        final byte[] input = concat(message('S', 1, 12), message('A', 0xFFFF_FFFF_FFFFL, 36), message(239, 3, 11));
        assertEquals(0, record(input).code());
        final String fromStandardInput = evtl("cat", "-o", "jsonl", file).out();
        assertEquals(
                List.of(
                        "{\"seq\":0,\"offset\":64,\"timestamp\":" + (CHRISTMAS_EVE + 1) + ",\"type\":83,\"flags\":0,"
                                + "\"length\":12,\"payload\":\"530001000200000000000100\"}",
                        "{\"seq\":1,\"offset\":92,\"timestamp\":" + (CHRISTMAS_EVE + 0xFFFF_FFFF_FFFFL)
                                + ",\"type\":65,\"flags\":0,\"length\":36,\"payload\":\"4100010002ffffffffffff"
                                + "00".repeat(25) + "\"}",
                        "{\"seq\":2,\"offset\":144,\"timestamp\":" + (CHRISTMAS_EVE + 3)
                                + ",\"type\":239,\"flags\":0,\"length\":11,\"payload\":\"ef00010002000000000003\"}"),
                fromStandardInput.lines().toList());

        Files.delete(file);
        assertEquals(0, record(Files.write(directory.resolve("input"), input)).code());
        assertEquals(fromStandardInput, evtl("cat", "-o", "jsonl", file).out());
    }

    @Test
    void longestMessageIsRecorded() throws IOException {
        assertEquals(0, record(message('Z', 1, 65_535)).code());
        assertEquals(2 * 65_535 + 1, evtl("cat", "-o", "hex", file).out().length());
    }

    @Test
    void noMessagesAreAnEmptyJournal() throws IOException {
        assertEquals("evtl: 0 messages recorded in " + file, record(new byte[0]).error());
        assertEquals("clean", evtl("verify", "--json", file).json().get("result"));
    }

    @ParameterizedTest
    @CsvSource({
        "00, expected a length of 2 bytes but found 1",
        "0000, expected a message of at least 11 bytes but found a length of 0",
        "000a53000000000000000000, expected a message of at least 11 bytes but found a length of 10",
        "000c, expected a message of 12 bytes but found 0",
        "000c5300010002000000000001, expected a message of 12 bytes but found 11",
        "000b0000010002000000000001, expected a type from 1 to 239 but found 0",
        "000bf000010002000000000001, expected a type from 1 to 239 but found 240",
        "000bff00010002000000000001, expected a type from 1 to 239 but found 255"
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
                "--format itch50 --date 1969-12-31 - FILE",
                "--format itch50 --date 2262-04-08 - FILE",
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
    @CsvSource({"1970-01-01, 0", "2262-04-07, 9222940800000000000"})
    void firstAndLastDateFitTheirTimestamps(final String date, final long midnight) throws IOException {
        final byte[] input = concat(message('S', 0, 12), message('S', 0xFFFF_FFFF_FFFFL, 12));
        assertEquals(
                0,
                evtl(input, "record", "--format", "ITCH50", "--date", date, "-", file)
                        .code());
        final Map<?, ?> info = evtl("info", "--json", file).json();
        assertEquals(midnight, info.get("firstTimestamp"));
        assertEquals(midnight + 0xFFFF_FFFF_FFFFL, info.get("lastTimestamp"));
    }
}
