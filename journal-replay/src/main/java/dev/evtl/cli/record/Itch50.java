package dev.evtl.cli.record;

import static java.nio.ByteOrder.BIG_ENDIAN;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.util.concurrent.TimeUnit;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads Nasdaq TotalView-ITCH 5.0 messages, each after its length.
 *
 * <pre>
 *   0       2       3       5       7                      13
 *  +-------+-------+-------+-------+-----------------------+----
 *  |length | type  | stock |tracking  ns since midnight    | ...
 *  +-------+-------+-------+-------+-----------------------+----
 * </pre>
 *
 * <p>All integers are big-endian; the length does not count itself.
 */
final class Itch50 implements MessageReader {
    private static final int PREFIX_LENGTH = 2;
    private static final int HEADER_LENGTH = 11;
    private static final int TIMESTAMP_OFFSET = 5;

    private final InputStream in;
    private final long midnight;
    private final byte[] bytes = new byte[EventHeader.MAX_PAYLOAD_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private long offset;
    private int length;

    Itch50(final InputStream in, final LocalDate date) {
        this.in = in;
        this.midnight = Math.multiplyExact(date.toEpochDay(), TimeUnit.DAYS.toNanos(1));
    }

    @Override
    public boolean next() throws IOException {
        final int prefix = in.readNBytes(bytes, 0, PREFIX_LENGTH);
        if (prefix == 0) {
            return false;
        }
        if (prefix < PREFIX_LENGTH) {
            throw bad("expected a length of 2 bytes, found " + prefix);
        }
        final int expected = buffer.getShort(0, BIG_ENDIAN) & 0xFFFF;
        if (expected < HEADER_LENGTH) {
            throw bad("expected a message of at least " + HEADER_LENGTH + " bytes, found a length of " + expected);
        }
        length = in.readNBytes(bytes, 0, expected);
        if (length < expected) {
            throw bad("expected a message of " + expected + " bytes, found " + length);
        }
        if (type() < 1 || type() > EventHeader.MAX_APPLICATION_TYPE) {
            throw bad("expected a type from 1 to " + EventHeader.MAX_APPLICATION_TYPE + ", found " + type());
        }
        offset += PREFIX_LENGTH + length;
        return true;
    }

    private IOException bad(final String problem) {
        return new IOException("byte offset " + offset + ": " + problem);
    }

    @Override
    public long offset() {
        return offset;
    }

    @Override
    public int type() {
        return bytes[0] & 0xFF;
    }

    @Override
    public long timestamp() {
        return midnight
                + ((buffer.getShort(TIMESTAMP_OFFSET, BIG_ENDIAN) & 0xFFFFL) << Integer.SIZE)
                + (buffer.getInt(TIMESTAMP_OFFSET + Short.BYTES, BIG_ENDIAN) & 0xFFFF_FFFFL);
    }

    @Override
    public DirectBuffer buffer() {
        return buffer;
    }

    @Override
    public int length() {
        return length;
    }
}
