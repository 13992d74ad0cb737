package dev.evtl.journal.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.journal.support.Golden;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class EventHeaderTest {
    private static final int GAP_IN_GOLDEN_FILE = 895;

    @Test
    void everyFieldIsAtItsPlace() {
        final UnsafeBuffer buffer = new UnsafeBuffer(new byte[20]);
        buffer.setMemory(0, 20, (byte) 0xEE);
        EventHeader.encode(buffer, 2, 0x1817161514131211L, 0xEF, 0x1F, 0xABCD);
        assertArrayEquals(
                HexFormat.of().parseHex("eeee" + "1112131415161718" + "ef" + "1f" + "cdab" + "00000000" + "eeee"),
                buffer.byteArray());
    }

    @Test
    void fieldsAreReadUnsigned() {
        final UnsafeBuffer buffer = new UnsafeBuffer(HexFormat.of().parseHex("ffffffffffffffff" + "fffeffff01000080"));
        final long word = EventHeader.word(buffer, 0);
        assertEquals(-1, EventHeader.timestamp(buffer, 0));
        assertEquals(0xFF, EventHeader.type(word));
        assertEquals(0xFE, EventHeader.flags(word));
        assertEquals(65_535, EventHeader.payloadLength(word));
        assertEquals(0x80000001, EventHeader.checksum(word));
    }

    @Test
    void largestEventIsHeaderAndLargestPayload() {
        assertEquals(65_551, EventHeader.MAX_EVENT_LENGTH);
    }

    @Test
    void flagBitsAreThoseOfTheFormat() {
        assertEquals(
                0xFF, EventHeader.APPLICATION_FLAGS | EventHeader.FLAG_MORE | EventHeader.RESERVED_FLAGS, "all bits");
        assertEquals(0x0F, EventHeader.APPLICATION_FLAGS);
        assertEquals(0x10, EventHeader.FLAG_MORE);
    }

    @Test
    void gapEventIsThatOfTheGoldenFile() throws IOException {
        final byte[] file = Golden.bytes("gap");
        final UnsafeBuffer golden = new UnsafeBuffer(file);
        final int payload = GAP_IN_GOLDEN_FILE + EventHeader.LENGTH;
        assertEquals(EventHeader.TYPE_GAP, EventHeader.type(EventHeader.word(golden, GAP_IN_GOLDEN_FILE)));
        assertEquals(12_345, GapEvent.dropped(golden, payload));
        assertEquals(1_700_000_000_000_000_003L, GapEvent.firstTimestamp(golden, payload));
        assertEquals(1_700_000_000_000_000_009L, GapEvent.lastTimestamp(golden, payload));

        final UnsafeBuffer written = new UnsafeBuffer(new byte[GapEvent.LENGTH]);
        GapEvent.encode(
                written,
                0,
                EventHeader.timestamp(golden, GAP_IN_GOLDEN_FILE),
                12_345,
                1_700_000_000_000_000_003L,
                1_700_000_000_000_000_009L);
        final EventChecksum checksum = new EventChecksum(FileHeader.checksum(golden));
        written.putInt(
                EventHeader.CHECKSUM_OFFSET,
                checksum.compute(written.byteArray(), 0, GapEvent.LENGTH, GAP_IN_GOLDEN_FILE));
        assertArrayEquals(
                Arrays.copyOfRange(file, GAP_IN_GOLDEN_FILE, GAP_IN_GOLDEN_FILE + GapEvent.LENGTH),
                written.byteArray());
    }
}
