package dev.evtl.journal;

import dev.evtl.journal.appender.Appender;
import dev.evtl.journal.appender.AppenderRunner;
import dev.evtl.journal.appender.JournalLease;
import dev.evtl.journal.appender.PublisherRunner;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingFiles;
import java.lang.reflect.Field;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Optional;
import java.util.function.UnaryOperator;

/** What only this package can do, for tests of others. */
public final class JournalAccess {
    private JournalAccess() {}

    /** Opens a journal with a storage around its own. */
    public static Journal open(
            final Path path, final JournalConfig config, final UnaryOperator<JournalStorage> around) {
        return Journal.open(path, config, around);
    }

    /** Gives back what a process that dies gives back: its locks, with the ring file as it is. */
    public static void releaseAsDead(final Journal journal) {
        ((JournalLease) field(field(journal, "appender"), "lease")).release();
    }

    /**
     * Has publishing threads append to a journal of mode INVOKER, as with PUBLISHERS. Its duty cycle stands in for the
     * thread that PUBLISHERS has beside them, so that one thread can do all and in a known order.
     */
    public static void publishersAppend(final Journal journal, final JournalConfig config) {
        final PublisherRunner publishers = new PublisherRunner(
                (Appender) field(journal, "appender"),
                (JournalRing) field(journal, "ring"),
                config.appenderSettings(journal.notifier()),
                config.idleStrategy,
                Thread::new,
                "never started");
        try {
            final Field turn = accessible(AppenderRunner.class, "turn");
            turn.set(publishers, turn.get(field(journal, "runner")));
            accessible(Publisher.class, "help").set(journal.publisher(), publishers);
        } catch (final ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Object field(final Object owner, final String name) {
        try {
            return accessible(owner.getClass(), name).get(owner);
        } catch (final ReflectiveOperationException e) {
            throw new AssertionError(e);
        }
    }

    private static Field accessible(final Class<?> owner, final String name) throws NoSuchFieldException {
        final Field field = owner.getDeclaredField(name);
        field.setAccessible(true);
        return field;
    }

    /**
     * What an open for append found, and left.
     *
     * @param report what it found and did
     * @param header of the file behind it
     */
    public record Opened(RecoveryReport report, JournalHeader header) {}

    /** Opens a file for append as a journal does, and lets it go before anything else is done with it. */
    public static Opened recoverAndLeave(final Path path) {
        final JournalOpener opener = opener(path, OpenMode.APPEND, Optional.empty());
        opener.discard();
        return new Opened(opener.recovery(), opener.header());
    }

    /** Opens a file as a journal does, to the last step before it has a storage. */
    static JournalOpener opener(final Path path, final OpenMode mode, final Optional<RingFiles.Wanted> ringFile) {
        return JournalOpener.open(
                path,
                false,
                mode,
                new JournalFile.NewFile(1, true, 0, PosixFilePermissions.fromString("rw-------")),
                ringFile,
                false,
                false,
                position -> {});
    }

    /** Whether a journal has ended and its listener was told all that there was to tell. */
    public static boolean hasToldAll(final Journal journal) {
        return journal.notifier().isDone();
    }
}
