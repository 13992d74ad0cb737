package dev.evtl.journal.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.support.Golden;
import java.io.IOException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class EventFinderTest {
    private static final long FIRST = FileHeader.LENGTH;
    private static final long SECOND = FIRST + 16;

    private JournalException failure;

    /** The old window must not be taken for what was to be read. */
    @Test
    void nothingIsLeftOfAWindowAfterAReadThatThrew() throws IOException {
        final UnsafeBuffer file = new UnsafeBuffer(Golden.bytes("closed"));
        final int checksum = FileHeader.checksum(file);
        final EventFinder finder = new EventFinder(
                (position, target, length) -> {
                    if (failure != null) {
                        throw failure;
                    }
                    file.getBytes((int) position, target, 0, length);
                    return length;
                },
                file.capacity());
        assertEquals(SECOND, finder.next(SECOND, file.capacity(), checksum));
        failure = new JournalException("for a moment");
        for (int attempt = 0; attempt < 2; attempt++) {
            assertThrows(JournalException.class, () -> finder.next(FIRST, file.capacity(), checksum));
        }
        failure = null;
        assertEquals(FIRST, finder.next(FIRST, file.capacity(), checksum));
    }
}
