package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.replay.JournalEvent;

/** A payload a line, and nothing else on standard output. */
final class HexWriter extends EventWriter {
    private final Console console;

    HexWriter(final Console console) {
        this.console = console;
    }

    @Override
    void write(final JournalEvent event) {
        if (event.isGap()) {
            console.talk("gap at offset " + event.offset() + ", sequence " + event.sequence() + ": " + event.dropped()
                    + " events dropped");
        } else {
            console.out().append(payload(event)).append('\n');
        }
    }
}
