package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.storage.RingFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.ManyToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The end of a claim in a ring file, which its producer and a close that passes over it may do at the same time. */
class ClaimsTest {
    private static final int LENGTH = 24;
    private static final int TYPE = 7;

    @TempDir(factory = MemoryDirectory.class)
    Path directory;

    /** A record that another ends between the look at it and the step. */
    private static final class ContendedRecord extends UnsafeBuffer {
        private final boolean otherAborts;
        private boolean looked;

        ContendedRecord(final boolean otherAborts) {
            super(new byte[64]);
            this.otherAborts = otherAborts;
            putInt(0, -LENGTH);
            putInt(Integer.BYTES, TYPE);
        }

        @Override
        public long getLongVolatile(final int index) {
            final long found = super.getLongVolatile(index);
            if (!looked) {
                looked = true;
                assertTrue(Claims.end(this, index, otherAborts));
            }
            return found;
        }
    }

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void onlyOneOfTwoEndsAClaim(final boolean aborts, final boolean otherAborts) {
        final UnsafeBuffer record = new ContendedRecord(otherAborts);
        assertFalse(Claims.end(record, 0, aborts));
        assertEquals(LENGTH, record.getInt(0));
        assertEquals(otherAborts ? RingBuffer.PADDING_MSG_TYPE_ID : TYPE, record.getInt(Integer.BYTES));
    }

    @Test
    void claimInARingFileThatACloseHasPassedOverCannotBeEnded() throws IOException {
        final Path ring = directory.resolve("c.ring");
        final JournalConfig config = TestJournals.tiny()
                .ringFile(ring)
                .closeTimeout(Duration.ofNanos(1))
                .errorHandler(error -> {})
                .build();
        final Journal journal = Journal.open(directory.resolve("c.evtl"), config);
        try (RingFile attached = RingFile.attach(ring)) {
            final Counters counters = Counters.attach(attached.counters());
            final Claims claims = new Claims(new ManyToOneRingBuffer(attached.ring()), counters, attached.slot());
            final int claim = claims.tryClaim(1, LENGTH);
            journal.close();
            assertThrows(IllegalStateException.class, () -> claims.commit(claim));
            assertThrows(IllegalStateException.class, () -> claims.abort(claim));
        }
    }
}
