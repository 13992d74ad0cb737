package dev.evtl.cli.verb;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.OpenMode;
import dev.evtl.journal.exceptions.JournalException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Journals that verbs write. */
public final class NewJournal {
    private NewJournal() {}

    /** A new journal that takes events as fast as they come, and is closed even if the process is told to end. */
    public static Journal create(final Path file) {
        return create(file, JournalConfig.builder());
    }

    /** The same with a ring of another size, and so claims of another length. */
    public static Journal create(final Path file, final int ringSize) {
        return create(file, JournalConfig.builder().ringSize(ringSize));
    }

    private static Journal create(final Path file, final JournalConfig.Builder config) {
        refuseExisting(file);
        return Journal.open(
                file,
                config.openMode(OpenMode.CREATE)
                        .backPressure(BackPressure.BLOCK)
                        .blockTimeout(Duration.ofHours(1)) // a slow device is waited for
                        .closeOnShutdown(true)
                        .listener(JournalListener.NONE) // closing the journal throws it
                        .build());
    }

    /** As the API would, but without naming an option that no verb has. */
    public static void refuseExisting(final Path file) {
        if (Files.exists(file)) {
            throw new JournalException(file + ": exists; give another name");
        }
    }
}
