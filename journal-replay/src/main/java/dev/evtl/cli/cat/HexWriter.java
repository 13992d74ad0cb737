package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.replay.JournalReader;
import org.agrona.DirectBuffer;

/** A payload a line, and nothing else on standard output. */
final class HexWriter extends EventWriter {
    private final Console console;

    HexWriter(final JournalReader reader, final Console console) {
        super(reader);
        this.console = console;
    }

    @Override
    public void onEvent(
            final long sequence,
            final long timestamp,
            final int type,
            final int flags,
            final DirectBuffer buffer,
            final int offset,
            final int length) {
        console.out().append(hex(buffer, offset, length)).append('\n');
    }

    @Override
    public void onGap(
            final long sequence, final long timestamp, final long dropped, final long first, final long last) {
        console.talk("gap at offset " + eventOffset(GapEvent.PAYLOAD_LENGTH) + ", sequence " + sequence + ": " + dropped
                + " events dropped");
    }
}
