package dev.evtl.cli.copy;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import dev.evtl.cli.console.Progress;
import dev.evtl.cli.verb.ExitCode;
import dev.evtl.cli.verb.NewJournal;
import dev.evtl.cli.verb.Result;
import dev.evtl.cli.verb.ResultOutput;
import dev.evtl.cli.verb.Verb;
import dev.evtl.journal.Journal;
import dev.evtl.replay.JournalMerge;
import dev.evtl.replay.JournalReader;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.agrona.CloseHelper;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/** Makes one new journal of several. */
@Command(
        name = "merge",
        description = {
            "Makes one new journal of the events of several, in order of timestamp.",
            "Next is always the event of the journal whose next event has the smallest timestamp; of several that have it,"
                    + " of the one named first. So each journal's own order is kept, also where its timestamps step back.",
            "Timestamps, types, flags and payloads stay what they are, claims of several events stay whole, gaps stay gaps;"
                    + " sequence numbers are new.",
            "What is written to a journal meanwhile is left. Damage in one ends the merge; OUT holds what came before."
        })
public final class Merge extends Verb {
    /** Takes claims of up to 8 MiB. */
    private static final int RING_SIZE = 64 << 20;

    @Parameters(
            arity = "3..*",
            paramLabel = "FILE",
            description = "the journals, and behind them the new one, OUT, which must not exist")
    private List<Path> files;

    @Mixin
    private ResultOutput output;

    public Merge(final Console console) {
        super(console);
    }

    private record Answer(Path newFile, int journals, long events, long dropped) implements Result {
        @Override
        public void print(final Console console) {
            console.print(newFile + ": " + events + " events of " + journals + " journals, "
                    + Long.toUnsignedString(dropped) + " dropped");
        }

        @Override
        public void writeFields(final JsonGenerator json) throws IOException {
            json.writeStringField("out", newFile.toString());
            json.writeNumberField("journals", journals);
            Json.unsigned(json, "events", events);
            Json.unsigned(json, "dropped", dropped);
        }
    }

    @Override
    public Integer call() throws IOException {
        final int count = files.size() - 1;
        final Path newFile = files.get(count);
        NewJournal.refuseExisting(newFile);
        final Answer answer;
        try (JournalMerge merge = new JournalMerge(open(files.subList(0, count)));
                Progress progress = console().progress("merge", length(files.subList(0, count)));
                Journal journal = NewJournal.create(newFile, RING_SIZE)) {
            final long events = merge.copyTo(journal, progress::at);
            answer = new Answer(newFile, count, events, merge.droppedEvents());
        }
        output.print(answer, console());
        return ExitCode.GOOD;
    }

    private static List<JournalReader> open(final List<Path> journals) {
        final List<JournalReader> readers = new ArrayList<>();
        boolean ready = false;
        try {
            for (final Path journal : journals) {
                readers.add(JournalReader.open(journal));
            }
            ready = true;
            return readers;
        } finally {
            if (!ready) {
                CloseHelper.quietCloseAll(readers);
            }
        }
    }

    private static long length(final List<Path> journals) {
        return journals.stream().mapToLong(Verb::length).sum();
    }
}
