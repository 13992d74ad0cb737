package dev.evtl.cli.replay;

import dev.evtl.replay.EventConsumer;
import java.io.PrintWriter;
import java.nio.file.Path;

/**
 * A kind of consumer that {@code --consumer} can name.
 *
 * @param name        as the option has it, before the colon and the argument if there is one
 * @param argument    what help calls the argument, null if the kind takes none
 * @param description for help
 * @param prints      whether it writes to standard output while events come
 * @param factory     makes one
 */
record ConsumerKind(String name, String argument, String description, boolean prints, ConsumerFactory factory) {
    /** Makes consumers; one that is {@link AutoCloseable} is closed after the replay. */
    @FunctionalInterface
    interface ConsumerFactory {
        /**
         * Makes a consumer.
         *
         * @param journal  that is replayed
         * @param argument as given, empty if the kind takes none
         * @param out      standard output
         */
        EventConsumer create(Path journal, String argument, PrintWriter out);
    }

    String form() {
        return argument == null ? name : name + ":" + argument;
    }

    boolean writesFile() {
        return argument != null;
    }

    boolean isNamed(final String text) {
        return argument == null ? text.equals(name) : text.startsWith(name + ":") && text.length() > name.length() + 1;
    }

    EventConsumer create(final Path journal, final String text, final PrintWriter out) {
        return factory.create(journal, argument == null ? "" : text.substring(name.length() + 1), out);
    }
}
