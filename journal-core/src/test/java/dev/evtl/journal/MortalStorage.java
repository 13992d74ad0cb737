package dev.evtl.journal;

import dev.evtl.journal.storage.JournalStorage;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicReference;
import org.agrona.MutableDirectBuffer;

/**
 * A real storage whose process dies, between two of its calls: the file is left as it is, with what had come to it, and
 * nothing comes to it any more. The journal over it sees a failure; a test does not close that journal, as a dead
 * process would not.
 */
public final class MortalStorage implements JournalStorage {
    /** What a call of a dead process ends with. */
    public static final class Killed extends Error {
        private static final long serialVersionUID = 1L;

        Killed() {
            super("killed", null, false, false);
        }
    }

    private final JournalStorage storage;
    private int callsLeft = Integer.MAX_VALUE;
    private boolean dead;

    private MortalStorage(final JournalStorage storage) {
        this.storage = storage;
    }

    /** A journal, and the storage through which it can be killed. */
    public record Life(Journal journal, MortalStorage storage) {}

    public static Life open(final Path path, final JournalConfig config) {
        final AtomicReference<MortalStorage> mortal = new AtomicReference<>();
        final Journal journal = Journal.open(path, config, storage -> {
            mortal.set(new MortalStorage(storage));
            return mortal.get();
        });
        return new Life(journal, mortal.get());
    }

    /** Dies now. */
    public void kill() {
        if (!dead) {
            dead = true;
            storage.abandon();
        }
    }

    /** Dies when so many calls more have come to the file. */
    public void killAfter(final int calls) {
        callsLeft = calls;
    }

    public boolean isDead() {
        return dead;
    }

    private void call() {
        if (callsLeft-- == 0) {
            kill();
        }
        if (dead) {
            throw new Killed();
        }
    }

    @Override
    public int reserve(final int length) throws IOException {
        call();
        return storage.reserve(length);
    }

    @Override
    public MutableDirectBuffer buffer() {
        return storage.buffer();
    }

    @Override
    public long position() {
        return storage.position();
    }

    @Override
    public void append(final int length, final int events) {
        call();
        storage.append(length, events);
    }

    @Override
    public void publish() throws IOException {
        call();
        storage.publish();
    }

    @Override
    public void force() throws IOException {
        call();
        storage.force();
    }

    @Override
    public void close() throws IOException {
        call();
        storage.close();
    }

    @Override
    public void abandon() {
        kill();
    }

    @Override
    public Path path() {
        return storage.path();
    }

    @Override
    public long allocated() {
        return storage.allocated();
    }

    @Override
    public long mapped() {
        return storage.mapped();
    }

    @Override
    public long durable() {
        return storage.durable();
    }

    @Override
    public long growths() {
        return storage.growths();
    }
}
