package dev.evtl.journal;

import java.time.Duration;

/**
 * When the appender forces what it has written to the device, besides when {@link Journal#sync} or a close asks.
 *
 * <p>Whatever the policy, events that are journaled survive the death of the process; the policy says how many of the newest
 * ones a crash of the machine can take.
 */
public final class SyncPolicy {
    /** When the operating system likes: a crash of the machine takes what it had not written yet. */
    public static final SyncPolicy NONE = new SyncPolicy("none", Long.MAX_VALUE, Long.MAX_VALUE);

    /** After each batch that the appender writes: a crash of the machine takes what was not forced yet. */
    public static final SyncPolicy EVERY_BATCH = new SyncPolicy("every batch", Long.MAX_VALUE, 1);

    private final String name;
    final long intervalNanos;
    final long bytes;

    private SyncPolicy(final String name, final long intervalNanos, final long bytes) {
        this.name = name;
        this.intervalNanos = intervalNanos;
        this.bytes = bytes;
    }

    /**
     * Forces when so much time has passed since the last force and there is something to force.
     *
     * @param duration between forces, above zero and at most a day
     * @return the policy
     * @throws IllegalArgumentException if the duration is out of bounds
     */
    public static SyncPolicy interval(final Duration duration) {
        JournalConfig.checkDuration("sync interval", duration);
        return new SyncPolicy("every " + duration, duration.toNanos(), Long.MAX_VALUE);
    }

    /**
     * Forces when so many bytes have been written since the last force.
     *
     * @param bytes between forces, above zero
     * @return the policy
     * @throws IllegalArgumentException if the number is not above zero
     */
    public static SyncPolicy bytes(final long bytes) {
        if (bytes <= 0) {
            throw new IllegalArgumentException("sync bytes " + bytes + " is not above 0");
        }
        return new SyncPolicy("every " + bytes + " bytes", Long.MAX_VALUE, bytes);
    }

    @Override
    public String toString() {
        return name;
    }
}
