package dev.evtl.journal.file;

import org.agrona.UnsafeApi;

/**
 * Copies and compares a few bytes of memory, word by word. For so few the calls that the JVM has for it take longer. And
 * where the bytes were stored just before, word by word too, a processor hands these words over from its store buffer;
 * for a wider load it would wait until all of them have arrived in the cache.
 */
final class ShortMemory {
    /** Length in bytes up to which this is faster. */
    static final int LENGTH = 256;

    private ShortMemory() {}

    /** Copies so many bytes between two addresses. */
    static void copy(final long from, final long to, final int length) {
        final int words = length & -Long.BYTES;
        for (int i = 0; i < words; i += Long.BYTES) {
            UnsafeApi.putLong(null, to + i, UnsafeApi.getLong(null, from + i));
        }
        for (int i = words; i < length; i++) {
            UnsafeApi.putByte(null, to + i, UnsafeApi.getByte(null, from + i));
        }
    }

    /** Returns whether so many bytes at two addresses are the same. */
    static boolean isSame(final long first, final long second, final int length) {
        final int words = length & -Long.BYTES;
        long differing = 0;
        for (int i = 0; i < words; i += Long.BYTES) {
            differing |= UnsafeApi.getLong(null, first + i) ^ UnsafeApi.getLong(null, second + i);
        }
        for (int i = words; i < length; i++) {
            differing |= UnsafeApi.getByte(null, first + i) ^ UnsafeApi.getByte(null, second + i);
        }
        return differing == 0;
    }
}
