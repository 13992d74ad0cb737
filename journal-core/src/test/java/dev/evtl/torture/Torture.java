package dev.evtl.torture;

import java.util.Random;

/**
 * How much a torture test does: a little in the build, the numbers of TORTURE.md in the Maven profile {@code torture}.
 * {@code -Devtl.seed} repeats a run, {@code -Devtl.rounds} shortens or lengthens it.
 */
public final class Torture {
    /** The tag of the tests that the profile runs. */
    public static final String TAG = "torture";

    private static final boolean FULL = Boolean.getBoolean("evtl.torture");

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

    /** Prints what a test has done, with its numbers. */
    public static void report(final Class<?> test, final String format, final Object... arguments) {
        System.out.println("[torture] " + test.getSimpleName() + ": " + String.format(format, arguments));
    }
}
