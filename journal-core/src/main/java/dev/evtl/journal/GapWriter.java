package dev.evtl.journal;

import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.storage.JournalStorage;
import java.io.IOException;

/** Appends gap events to the storage. For the appender. */
final class GapWriter {
    private final JournalStorage storage;
    private final EventChecksum checksum;
    private final byte[] bytes = new byte[GapEvent.LENGTH];

    GapWriter(final JournalStorage storage, final EventChecksum checksum) {
        this.storage = storage;
        this.checksum = checksum;
    }

    /**
     * Appends a gap event.
     *
     * @param reserve bytes that must be free behind it
     * @return as {@link JournalStorage#reserve} does: negative if there was no room
     */
    int append(final long dropped, final long first, final long last, final int reserve) throws IOException {
        final int target = storage.reserve(GapEvent.LENGTH + reserve);
        if (target >= 0) {
            GapEvent.encode(storage.buffer(), target, last, dropped, first, last);
            if (checksum != null) {
                storage.buffer().getBytes(target, bytes);
                final int sum = checksum.compute(bytes, 0, bytes.length, storage.position());
                storage.buffer().putInt(target + EventHeader.CHECKSUM_OFFSET, sum);
            }
            storage.append(GapEvent.LENGTH, 1);
        }
        return target;
    }
}
