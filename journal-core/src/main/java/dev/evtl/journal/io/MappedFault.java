package dev.evtl.journal.io;

import java.nio.MappedByteBuffer;
import org.agrona.IoUtil;

/**
 * A load from or a store into a mapped page that the file no longer has, or that its file system does not take any
 * more. The JVM turns the signal into an {@link InternalError}: where it happens on JDK 25, but on JDK 17 only when the
 * thread next enters the JVM in one of a few ways, among which native methods are not. Until then loads give anything,
 * stores are lost, and a force succeeds; and the JVM exits if it is unmapping that comes first.
 */
public final class MappedFault {
    private static final boolean PRECISE = Runtime.version().feature() >= 25;

    /** Not final, or the compilers would make the array without a call. */
    private static int none;

    private static volatile Object made;

    private MappedFault() {}

    /** Throws the error of a fault of this thread, if there is one that was not thrown yet. */
    public static void throwPending() {
        if (!PRECISE) {
            made = new byte[none][none]; // such an array is made by the JVM itself, however the code runs
        }
    }

    /** Lets the error of such a fault go, where what was loaded or stored does not matter any more. */
    public static void settle() {
        try {
            throwPending();
        } catch (final InternalError e) {
            // so that it is thrown here and not where it does harm
        }
    }

    /** Unmaps what nobody uses any more. */
    public static void unmap(final MappedByteBuffer map) {
        settle();
        IoUtil.unmap(map);
    }
}
