package dev.evtl.journal.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.evtl.journal.support.Golden;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FileHeaderTest {
    private final UnsafeBuffer buffer = new UnsafeBuffer(new byte[FileHeader.LENGTH]);

    @Test
    void everyFieldIsAtItsPlace() {
        buffer.setMemory(0, FileHeader.LENGTH, (byte) 0xEE);
        FileHeader.encode(buffer, 0x1817161514131211L, FileHeader.FLAG_CHECKSUMS, 0x2827262524232221L);
        FileHeader.publish(buffer, 0x3837363534333231L, 0x4847464544434241L);
        FileHeader.durableOffset(buffer, 0x5857565554535251L);
        FileHeader.state(buffer, FileHeader.STATE_CLOSED);
        final byte[] expected = HexFormat.of()
                .parseHex("4556544c" + "01000000" + "1112131415161718" + "3132333435363738" + "4142434445464748"
                        + "01000000" + "00000000" + "2122232425262728" + "5152535455565758" + "01000000" + "00000000");
        final byte[] actual = buffer.byteArray().clone();
        Arrays.fill(actual, 36, 40, (byte) 0); // the checksum, which the golden files say
        assertArrayEquals(expected, actual);
    }

    @Test
    void newHeaderIsOpenEmptyAndDurable() {
        FileHeader.encode(buffer, 1, 0, 2);
        assertEquals(0, FileHeader.eventCount(buffer));
        assertEquals(64, FileHeader.writeOffset(buffer));
        assertEquals(64, FileHeader.durableOffset(buffer));
        assertEquals(FileHeader.STATE_OPEN, FileHeader.state(buffer));
    }

    @ParameterizedTest
    @ValueSource(strings = {"closed", "second-file", "no-checksums", "crashed-torn", "crashed-group", "empty"})
    void reproducesGoldenHeaderFromItsFields(final String name) throws IOException {
        final byte[] golden = Arrays.copyOf(Golden.bytes(name), FileHeader.LENGTH);
        final UnsafeBuffer source = new UnsafeBuffer(golden);
        assertEquals(FileHeader.MAGIC, FileHeader.magic(source));
        assertEquals(FileHeader.VERSION, FileHeader.version(source));
        assertEquals(FileHeader.checksum(source), FileHeader.computeChecksum(source));
        FileHeader.encode(
                buffer, FileHeader.createdAt(source), FileHeader.flags(source), FileHeader.baseSequence(source));
        FileHeader.publish(buffer, FileHeader.eventCount(source), FileHeader.writeOffset(source));
        FileHeader.durableOffset(buffer, FileHeader.durableOffset(source));
        FileHeader.state(buffer, FileHeader.state(source));
        assertArrayEquals(golden, buffer.byteArray());
    }

    @Test
    void goldenFieldsReadAsTheyAre() throws IOException {
        final UnsafeBuffer second = new UnsafeBuffer(Golden.bytes("second-file"));
        assertEquals(1_048_576, FileHeader.baseSequence(second));
        assertEquals(1, FileHeader.flags(second));
        assertEquals(3, FileHeader.eventCount(second));
        assertEquals(895, FileHeader.writeOffset(second));
        assertEquals(895, FileHeader.durableOffset(second));
        assertEquals(FileHeader.STATE_CLOSED, FileHeader.state(second));
        assertEquals(0, FileHeader.flags(new UnsafeBuffer(Golden.bytes("no-checksums"))));
        assertEquals(1_700_000_000_000_000_000L, FileHeader.createdAt(new UnsafeBuffer(Golden.bytes("closed"))));
    }

    @Test
    void checksumCoversTheFixedFieldsAndNoOthers() throws IOException {
        final byte[] golden = Arrays.copyOf(Golden.bytes("second-file"), FileHeader.LENGTH);
        final int checksum = FileHeader.computeChecksum(new UnsafeBuffer(golden));
        for (int bit = 0; bit < FileHeader.LENGTH * 8; bit++) {
            final int at = bit / 8;
            final boolean covered = at < 16 || at >= 32 && at < 36 || at >= 40 && at < 48;
            final byte[] flipped = golden.clone();
            flipped[at] ^= (byte) (1 << bit % 8);
            final int actual = FileHeader.computeChecksum(new UnsafeBuffer(flipped));
            if (covered) {
                assertNotEquals(checksum, actual, "bit " + bit);
            } else {
                assertEquals(checksum, actual, "bit " + bit);
            }
        }
    }
}
