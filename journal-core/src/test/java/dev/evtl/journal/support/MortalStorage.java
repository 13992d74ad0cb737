package dev.evtl.journal.support;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalAccess;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.file.JournalStorage;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;

/**
 * A real storage whose process dies, between two of its calls: the file is left as it is, with what had come to it, and
 * nothing comes to it any more. The journal over it sees a failure; a test does not close that journal, as a dead
 * process would not.
 */
public final class MortalStorage extends ForwardingStorage {
    /** What a call of a dead process ends with. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed() {
            super("killed", null, false, false);
        }
    }

    private int callsLeft = Integer.MAX_VALUE;
    private boolean dead;
    private Journal journal;

    private MortalStorage(final JournalStorage storage) {
        super(storage);
    }

    /** A journal, and the storage through which it can be killed. */
    public record Life(Journal journal, MortalStorage storage) {}

    public static Life open(final Path path, final JournalConfig config) {
        final AtomicReference<MortalStorage> mortal = new AtomicReference<>();
        final Journal journal = JournalAccess.open(path, config, storage -> {
            mortal.set(new MortalStorage(storage));
            return mortal.get();
        });
        mortal.get().journal = journal;
        return new Life(journal, mortal.get());
    }

    /** Dies now. */
    public void kill() {
        if (!dead) {
            dead = true;
            super.abandon();
            if (journal != null) {
                JournalAccess.releaseAsDead(journal);
            }
        }
    }

    /** Dies when so many calls more have come to the file. */
    public void killAfter(final int calls) {
        callsLeft = calls;
    }

    public boolean isDead() {
        return dead;
    }

    @Override
    public void before(final FailingStorage.Call call) {
        if (callsLeft-- == 0) {
            kill();
        }
        if (dead) {
            throw new Killed();
        }
    }

    @Override
    public void retract() {
        // a dead process takes nothing back
    }

    @Override
    public void abandon() {
        kill();
    }
}
