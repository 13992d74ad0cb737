package dev.evtl.torture;

import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import java.util.Random;

/**
 * How much a torture test does: a little in the build, the numbers of TORTURE.md in the Maven profile {@code torture}.
 * {@code -Devtl.seed} repeats a run, {@code -Devtl.rounds} shortens or lengthens it, {@code -Devtl.appender=PUBLISHERS}
 * has publishing threads append.
 */
public final class Torture {
    /** The tag of the tests that the profile runs. */
    public static final String TAG = "torture";

    private static final boolean FULL = Boolean.getBoolean("evtl.torture");
    private static final boolean PUBLISHERS =
            AppenderMode.valueOf(System.getProperty("evtl.appender", "THREAD")) == AppenderMode.PUBLISHERS;

    private Torture() {}

    /** How many rounds to do. */
    public static long rounds(final long inBuild, final long inProfile) {
        return Long.getLong("evtl.rounds", FULL ? inProfile : inBuild);
    }

    /** A source of chance whose seed is on record before anything can fail. */
    public static Random random(final Class<?> test) {
        final long seed = Long.getLong("evtl.seed", System.nanoTime());
        report(test, "-Devtl.seed=%d", seed);
        return new Random(seed);
    }

    /** Who appends to a journal: another than usual, if the property says so and the storage allows it. */
    public static AppenderMode appender(final StorageMode storage, final AppenderMode usual) {
        return PUBLISHERS && storage == StorageMode.MAPPED ? AppenderMode.PUBLISHERS : usual;
    }

    /** A storage that was drawn, or the one for which the property is given. */
    public static StorageMode storage(final StorageMode drawn) {
        return PUBLISHERS ? StorageMode.MAPPED : drawn;
    }

    /** Of a journal that appends by itself. */
    public static JournalConfig.Builder config(final StorageMode storage) {
        return JournalConfig.builder().storage(storage).appenderMode(appender(storage, AppenderMode.THREAD));
    }

    /** Prints what a test has done, with its numbers. */
    public static void report(final Class<?> test, final String format, final Object... arguments) {
        System.out.println("[torture] " + test.getSimpleName() + (PUBLISHERS ? ", -Devtl.appender=PUBLISHERS: " : ": ")
                + String.format(format, arguments));
    }
}
