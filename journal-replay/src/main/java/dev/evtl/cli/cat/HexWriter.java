package dev.evtl.cli.cat;

import dev.evtl.cli.console.Console;
import dev.evtl.replay.JournalEvent;
import java.nio.file.Path;

/** A payload a line, and nothing else on standard output. */
final class HexWriter extends EventWriter {
    private final Console console;
    private Path file;

    HexWriter(final Console console) {
        this.console = console;
    }

    @Override
    void begin(final Path journal) {
        file = journal;
    }

    @Override
    void write(final JournalEvent event) {
        if (event.isGap()) {
            console.talk(file + ": gap at offset " + event.offset() + ", sequence " + event.sequence() + ": "
                    + Long.toUnsignedString(event.dropped()) + " events dropped");
        } else {
            console.out().append(payload(event)).append('\n');
        }
    }
}
