package dev.evtl.journal;

import java.time.Duration;
import java.util.Objects;

/**
 * When the appender forces what it has written to the device, apart from {@link Journal#sync} and a close.
 *
 * <p>With every policy, journaled events survive the death of the process. The policy determines how many of the newest
 * events a crash of the machine can take.
 */
public final class SyncPolicy {
    /** The operating system decides when to write. A crash of the machine takes what it has not written yet. */
    public static final SyncPolicy NONE = new SyncPolicy("none", Long.MAX_VALUE, Long.MAX_VALUE);

    /** Forces after each batch that the appender writes. A crash of the machine takes what was not forced yet. */
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
     * Returns a policy that forces when a time has passed since the last force and there is something to force.
     *
     * @param duration between forces, above zero and at most a day
     * @return the policy
     * @throws IllegalArgumentException if the duration is out of bounds
     */
    public static SyncPolicy interval(final Duration duration) {
        Objects.requireNonNull(duration, "duration");
        JournalConfig.checkDuration("sync interval", duration);
        return new SyncPolicy("every " + duration, duration.toNanos(), Long.MAX_VALUE);
    }

    /**
     * Returns a policy that forces when a number of bytes has been written since the last force.
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
