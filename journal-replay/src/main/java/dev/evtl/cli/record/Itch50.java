package dev.evtl.cli.record;

import static java.nio.ByteOrder.BIG_ENDIAN;

import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.io.InputStream;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Reads Nasdaq TotalView-ITCH 5.0 messages, each after its length, as in Nasdaq's BinaryFILE, which ends with a length
 * of 0.
 *
 * <pre>
 *   0       2       3       5       7                      13
 *  +-------+-------+-------+-------+-----------------------+----
 *  |length | type  | stock |tracking  ns since midnight    | ...
 *  +-------+-------+-------+-------+-----------------------+----
 * </pre>
 *
 * <p>All integers are big-endian; the length does not count itself. Midnight is the exchange's. A message whose time of
 * day is half a day or more before that of the message before it is of the next day, and of the day before if it is
 * half a day or more after it.
 */
final class Itch50 implements MessageReader {
    private static final int PREFIX_LENGTH = 2;
    private static final int HEADER_LENGTH = 11;
    private static final int TIMESTAMP_OFFSET = 5;

    private static final long HALF_DAY = TimeUnit.HOURS.toNanos(12);

    private final InputStream in;
    private final LocalDate date;
    private final ZoneId zone;
    private final BitSet unknownTypes = new BitSet();
    private final byte[] bytes = new byte[EventHeader.MAX_PAYLOAD_LENGTH];
    private final UnsafeBuffer buffer = new UnsafeBuffer(bytes);
    private long offset;
    private int length;
    private long timeOfDay;
    private int days;
    private long midnight;

    /**
     * Reads messages.
     *
     * @param date of the first message
     * @param zone of the exchange
     */
    Itch50(final InputStream in, final LocalDate date, final ZoneId zone) {
        this.in = in;
        this.date = date;
        this.zone = zone;
        this.midnight = midnight();
    }

    /** The length of a type's messages by section 4 of Nasdaq's TotalView-ITCH 5.0; 0 if it has no such type. */
    private static int lengthOf(final int type) {
        return switch (type) {
            case 'S', 'W' -> 12;
            case 'B', 'D' -> 19;
            case 'N', 'Y' -> 20;
            case 'h' -> 21;
            case 'X' -> 23;
            case 'H' -> 25;
            case 'L' -> 26;
            case 'K' -> 28;
            case 'E' -> 31;
            case 'J', 'U', 'V' -> 35;
            case 'A', 'C' -> 36;
            case 'R' -> 39;
            case 'F', 'Q' -> 40;
            case 'P' -> 44;
            case 'O' -> 48;
            case 'I' -> 50;
            default -> 0;
        };
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
        if (expected == 0) {
            if (in.read() >= 0) {
                throw bad("expected the end of the input after the length of 0 that marks it, found more");
            }
            return false;
        }
        if (expected < HEADER_LENGTH) {
            throw bad("expected a message of at least " + HEADER_LENGTH + " bytes, found a length of " + expected);
        }
        length = in.readNBytes(bytes, 0, expected);
        if (length < expected) {
            throw bad("expected a message of " + expected + " bytes, found " + length);
        }
        checkType();
        offset += PREFIX_LENGTH + length;
        readTime();
        return true;
    }

    /** Types are added to the format now and then, so a letter that it does not know may be one. */
    private void checkType() throws IOException {
        final int known = lengthOf(type());
        if (known != 0 && known != length) {
            throw bad("expected " + known + " bytes of a message of type " + (char) type() + ", found a length of "
                    + length);
        }
        if (known == 0) {
            if (!(type() >= 'A' && type() <= 'Z' || type() >= 'a' && type() <= 'z')) {
                throw bad("expected a letter as the message's type, found " + type());
            }
            unknownTypes.set(type());
        }
    }

    private void readTime() {
        final long before = timeOfDay;
        timeOfDay = ((buffer.getShort(TIMESTAMP_OFFSET, BIG_ENDIAN) & 0xFFFFL) << Integer.SIZE)
                + (buffer.getInt(TIMESTAMP_OFFSET + Short.BYTES, BIG_ENDIAN) & 0xFFFF_FFFFL);
        if (timeOfDay <= before - HALF_DAY) {
            days++;
            midnight = midnight();
        } else if (days > 0 && timeOfDay >= before + HALF_DAY) {
            days--;
            midnight = midnight();
        }
    }

    private long midnight() {
        return TimeUnit.SECONDS.toNanos(date.plusDays(days).atStartOfDay(zone).toEpochSecond());
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
        return midnight + timeOfDay;
    }

    @Override
    public String remark() {
        return unknownTypes.isEmpty()
                ? ""
                : ", some of types that ITCH 5.0 did not have when this was written: "
                        + unknownTypes.stream().mapToObj(Character::toString).collect(Collectors.joining(" "));
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
