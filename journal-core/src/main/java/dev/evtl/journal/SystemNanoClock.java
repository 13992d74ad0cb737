package dev.evtl.journal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import org.agrona.LangUtil;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;

/**
 * The system's clock, asked in the way in which {@code Instant.now()} asks it, but without an object, which would be
 * allocated wherever the compilers do not remove it. For any thread.
 */
final class SystemNanoClock implements EpochNanoClock {
    /** Nanoseconds since a second of the epoch; of second 0 until the year 2106. Null if the JVM does not give it. */
    private static final MethodHandle SINCE = find();

    private static MethodHandle find() {
        try {
            // open to this library by the flag that Agrona needs
            return MethodHandles.lookup()
                    .findStatic(
                            Class.forName("jdk.internal.misc.VM"),
                            "getNanoTimeAdjustment",
                            MethodType.methodType(long.class, long.class));
        } catch (final ReflectiveOperationException e) {
            return null;
        }
    }

    @Override
    public long nanoTime() {
        try {
            return SINCE == null ? SystemEpochNanoClock.INSTANCE.nanoTime() : (long) SINCE.invokeExact(0L);
        } catch (final Throwable t) {
            LangUtil.rethrowUnchecked(t);
            return 0;
        }
    }
}
