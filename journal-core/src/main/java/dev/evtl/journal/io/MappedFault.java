package dev.evtl.journal.io;

import java.nio.MappedByteBuffer;
import org.agrona.IoUtil;

/**
 * Deals with loads from and stores into a mapped page that the file no longer has, or that its file system no longer
 * takes. For the thread that made them. The JVM turns the signal into an {@link InternalError}. JDK 25 throws it where
 * the fault happens. JDK 17 throws it only when the thread next enters the JVM in one of a few ways, which do not
 * include native methods; until then loads return anything, stores are lost and a force succeeds. If the thread unmaps
 * the page first, the JVM exits.
 */
public final class MappedFault {
    private static final boolean PRECISE = Runtime.version().feature() >= 25;

    /** Not final: otherwise the compilers would make the array without a call. */
    private static int none;

    private static volatile Object made;

    private MappedFault() {}

    /** Throws the error of a fault of this thread that was not thrown yet, if there is one. */
    public static void throwPending() {
        if (!PRECISE) {
            made = new byte[none][none]; // the JVM itself makes such an array, however the code runs
        }
    }

    /** Drops the pending error of a fault of this thread, where the loaded or stored bytes no longer matter. */
    public static void settle() {
        try {
            throwPending();
        } catch (final InternalError e) {
            // it is thrown here so that it does no harm elsewhere
        }
    }

    /** Unmaps a mapping that nobody uses any more. */
    public static void unmap(final MappedByteBuffer map) {
        settle();
        IoUtil.unmap(map);
    }
}
