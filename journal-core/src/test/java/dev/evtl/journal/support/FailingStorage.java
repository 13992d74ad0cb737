package dev.evtl.journal.support;

import dev.evtl.journal.file.JournalStorage;
import org.agrona.LangUtil;

/** A real storage of which the k-th call of one kind does something first, such as to fail. */
public final class FailingStorage extends ForwardingStorage {
    public enum Call {
        RESERVE,
        APPEND,
        PUBLISH,
        FORCE,
        CLOSE
    }

    private final Call call;
    private final int kth;
    private final Runnable action;
    private int calls;

    public FailingStorage(final JournalStorage storage, final Call call, final int kth, final Runnable action) {
        super(storage);
        this.call = call;
        this.kth = kth;
        this.action = action;
    }

    public static FailingStorage throwing(
            final JournalStorage storage, final Call call, final int kth, final Throwable failure) {
        return new FailingStorage(storage, call, kth, () -> LangUtil.rethrowUnchecked(failure));
    }

    @Override
    public void before(final Call made) {
        if (made == call && ++calls == kth) {
            action.run();
        }
    }
}
