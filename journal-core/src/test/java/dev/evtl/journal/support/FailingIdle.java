package dev.evtl.journal.support;

import org.agrona.concurrent.IdleStrategy;

/** An idle strategy that spins, and throws as soon as it is given something to throw. */
public final class FailingIdle implements IdleStrategy {
    public volatile Error error;
    public volatile RuntimeException exception;

    @Override
    public void idle(final int workCount) {
        final Error toThrow = error;
        if (toThrow != null) {
            throw toThrow;
        }
        if (exception != null) {
            throw exception;
        }
        Thread.onSpinWait();
    }

    @Override
    public void idle() {
        idle(0);
    }

    @Override
    public void reset() {}
}
