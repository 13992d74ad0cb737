package dev.evtl.journal.io;

import java.nio.ByteOrder;
import org.agrona.DirectBuffer;

/**
 * Checks what this library needs of the JVM and the machine, before Agrona fails on it with a less clear message. For
 * any thread.
 */
public final class Platform {
    private Platform() {}

    /**
     * Checks that the JVM was started with the flag that Agrona needs and that the machine is little-endian.
     *
     * @throws IllegalStateException if not; the message names the flag
     */
    public static void check() {
        final Module agrona = DirectBuffer.class.getModule();
        if (!Object.class.getModule().isOpen("jdk.internal.misc", agrona)) {
            throw new IllegalStateException("start this JVM with --add-opens java.base/jdk.internal.misc="
                    + (agrona.isNamed() ? agrona.getName() : "ALL-UNNAMED"));
        }
        if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalStateException("EVTL journals need a little-endian machine");
        }
    }
}
