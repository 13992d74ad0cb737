package dev.evtl.journal.appender;

import dev.evtl.journal.file.EventMemory;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.format.GapEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/** Appends gap events to the storage, on the appender's thread. */
final class GapWriter {
    private final JournalStorage storage;
    private final EventMemory gap = new EventMemory(new UnsafeBuffer(ByteBuffer.allocateDirect(GapEvent.LENGTH)));

    GapWriter(final JournalStorage storage) {
        this.storage = storage;
    }

    /**
     * Appends a gap event.
     *
     * @param reserve bytes that must stay free after it
     * @return as {@link JournalStorage#reserve}; the event was appended if this is {@link JournalStorage#READY}
     */
    int append(final long dropped, final long first, final long last, final int reserve) throws IOException {
        final int result = storage.reserve(GapEvent.LENGTH + reserve);
        if (result == JournalStorage.READY) {
            GapEvent.encode(gap.buffer(), 0, last, dropped, first, last);
            storage.append(gap, 0, GapEvent.LENGTH, 1);
        }
        return result;
    }
}
