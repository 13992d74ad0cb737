package dev.evtl.journal;

import dev.evtl.journal.FailingStorage.Call;
import dev.evtl.journal.file.JournalStorage;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.MutableDirectBuffer;

/** A real storage, with something before each call that changes its file. */
abstract class ForwardingStorage implements JournalStorage {
    private final JournalStorage storage;

    ForwardingStorage(final JournalStorage storage) {
        this.storage = storage;
    }

    abstract void before(Call call);

    @Override
    public int reserve(final int length) throws IOException {
        before(Call.RESERVE);
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
        before(Call.APPEND);
        storage.append(length, events);
    }

    @Override
    public void publish() throws IOException {
        before(Call.PUBLISH);
        storage.publish();
    }

    @Override
    public void force() throws IOException {
        before(Call.FORCE);
        storage.force();
    }

    @Override
    public void close() throws IOException {
        before(Call.CLOSE);
        storage.close();
    }

    @Override
    public void abandon() {
        storage.abandon();
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
