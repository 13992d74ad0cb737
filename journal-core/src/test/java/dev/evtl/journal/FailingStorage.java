package dev.evtl.journal;

import dev.evtl.journal.storage.JournalStorage;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.LangUtil;
import org.agrona.MutableDirectBuffer;

/** A real storage of which the k-th call of one kind does something first, such as to fail. */
final class FailingStorage implements JournalStorage {
    enum Call {
        RESERVE,
        APPEND,
        PUBLISH,
        FORCE,
        CLOSE
    }

    private final JournalStorage storage;
    private final Call call;
    private final int kth;
    private final Runnable action;
    private int calls;

    FailingStorage(final JournalStorage storage, final Call call, final int kth, final Runnable action) {
        this.storage = storage;
        this.call = call;
        this.kth = kth;
        this.action = action;
    }

    static FailingStorage throwing(
            final JournalStorage storage, final Call call, final int kth, final Throwable failure) {
        return new FailingStorage(storage, call, kth, () -> LangUtil.rethrowUnchecked(failure));
    }

    private void before(final Call made) {
        if (made == call && ++calls == kth) {
            action.run();
        }
    }

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
