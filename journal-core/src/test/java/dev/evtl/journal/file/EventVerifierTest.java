package dev.evtl.journal.file;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.support.Golden;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventVerifierTest {
    private static final long FIRST = FileHeader.LENGTH;
    private static final long SECOND = FIRST + 16;

    private JournalException failure;

    /** The old block must not be taken for what was to be read. */
    @ParameterizedTest
    @ValueSource(strings = {"closed", "no-checksums"})
    void nothingIsLeftOfABlockAfterAReadThatThrew(final String name) throws IOException {
        final UnsafeBuffer file = new UnsafeBuffer(Golden.bytes(name));
        final JournalHeader header = JournalHeader.of(Path.of(name), file, file.capacity(), file.capacity());
        final EventVerifier verifier = new EventVerifier(header, (position, target, length) -> {
            if (failure != null) {
                throw failure;
            }
            file.getBytes((int) position, target, 0, length);
            return length;
        });
        // of the first block only the first event, so that the second needs a read
        assertEquals(16, verifier.next(FIRST, SECOND));
        failure = new JournalException("for a moment");
        for (int attempt = 0; attempt < 2; attempt++) {
            assertSame(failure, assertThrows(JournalException.class, () -> verifier.next(SECOND, file.capacity())));
        }
        failure = null;
        assertEquals(30, verifier.next(SECOND, file.capacity()));
        assertEquals(7, EventHeader.type(verifier.word()));
    }
}
