package dev.evtl.journal.format;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import dev.evtl.journal.support.Golden;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventChecksumTest {
    private final byte[] event = new byte[100];
    private final EventChecksum checksum = new EventChecksum(0x1234_5678);

    @ParameterizedTest
    @ValueSource(strings = {"closed", "second-file", "gap", "group", "open-preallocated"})
    void agreesWithEveryGoldenEvent(final String name) throws IOException {
        final byte[] file = Golden.bytes(name);
        final EventChecksum ofFile = new EventChecksum(FileHeader.checksum(new UnsafeBuffer(file)));
        final List<StoredEvent> events = StoredEvent.readAll(file);
        assertEquals(StoredEvent.eventCount(file), events.size());
        for (final StoredEvent stored : events) {
            final int offset = (int) stored.offset();
            final int length = (int) (stored.end() - stored.offset());
            final ByteBuffer direct = ByteBuffer.allocateDirect(file.length).put(file);
            direct.putInt(offset + EventHeader.CHECKSUM_OFFSET, 0);
            final byte[] array = new byte[file.length];
            direct.get(0, array);
            assertEquals(stored.checksum(), ofFile.compute(array, offset, length, offset));
            assertEquals(stored.checksum(), ofFile.compute(direct.duplicate(), offset, length, offset));
        }
    }

    @Test
    void bothHalvesOfTheOffsetAreTiedIn() {
        final int atZero = checksum.compute(event, 0, event.length, 0);
        assertEquals(atZero ^ 0x89AB_CDEF ^ 0x0123, checksum.compute(event, 0, event.length, 0x0123_89AB_CDEFL));
        assertNotEquals(atZero, checksum.compute(event, 0, event.length, 1L << 32));
    }

    @Test
    void fileIsTiedIn() {
        final EventChecksum other = new EventChecksum(0x1234_5679);
        assertEquals(1, checksum.compute(event, 0, event.length, 64) ^ other.compute(event, 0, event.length, 64));
    }

    @Test
    void everyBitCounts() {
        final int before = checksum.compute(event, 0, event.length, 64);
        for (int bit = 0; bit < event.length * 8; bit++) {
            event[bit / 8] ^= (byte) (1 << bit % 8);
            assertNotEquals(before, checksum.compute(event, 0, event.length, 64), "bit " + bit);
            event[bit / 8] ^= (byte) (1 << bit % 8);
        }
    }
}
