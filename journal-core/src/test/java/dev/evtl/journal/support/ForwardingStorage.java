package dev.evtl.journal.support;

import dev.evtl.journal.file.EventMemory;
import dev.evtl.journal.file.JournalStorage;
import dev.evtl.journal.support.FailingStorage.Call;
import java.io.IOException;

/** A real storage, with something before each call that changes its file. */
public abstract class ForwardingStorage implements JournalStorage {
    private final JournalStorage storage;

    public ForwardingStorage(final JournalStorage storage) {
        this.storage = storage;
    }

    public abstract void before(Call call);

    @Override
    public boolean begin() throws IOException {
        return storage.begin();
    }

    @Override
    public int reserve(final int length) throws IOException {
        before(Call.RESERVE);
        return storage.reserve(length);
    }

    @Override
    public long position() {
        return storage.position();
    }

    @Override
    public void append(final EventMemory source, final int index, final int length, final int events) {
        before(Call.APPEND);
        storage.append(source, index, length, events);
    }

    @Override
    public void publish() throws IOException {
        before(Call.PUBLISH);
        storage.publish();
    }

    @Override
    public boolean isForcedAlone() {
        return storage.isForcedAlone();
    }

    @Override
    public void beginForce() {
        storage.beginForce();
    }

    @Override
    public void endForce() throws IOException {
        storage.endForce();
    }

    @Override
    public void force() throws IOException {
        before(Call.FORCE);
        storage.force();
    }

    @Override
    public void check() throws IOException {
        storage.check();
    }

    @Override
    public void retract() throws IOException {
        storage.retract();
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
    public long fileSequence() {
        return storage.fileSequence();
    }

    @Override
    public long fileOffset() {
        return storage.fileOffset();
    }

    @Override
    public String name() {
        return storage.name();
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
