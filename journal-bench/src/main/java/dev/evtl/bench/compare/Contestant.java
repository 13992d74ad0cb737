package dev.evtl.bench.compare;

import dev.evtl.bench.EventSource;
import dev.evtl.bench.EventTarget;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * A way to write and read the events.
 *
 * @param id           by which a child JVM is told what it is
 * @param label        by which the report calls it
 * @param role         in the comparison
 * @param groups       in which it takes part
 * @param producers    that write at the same time
 * @param jvmArguments that its JVM needs besides those that all get
 * @param target       writes
 * @param source       reads what the target wrote
 */
public record Contestant(
        String id,
        String label,
        Role role,
        Set<Group> groups,
        int producers,
        List<String> jvmArguments,
        TargetFactory target,
        SourceFactory source) {
    /** Payload of every event in bytes. */
    public static final int PAYLOAD_LENGTH = 64;

    /** Opens something to write to. */
    @FunctionalInterface
    public interface TargetFactory {
        /**
         * Makes a new file or files.
         *
         * @param directory that is empty
         * @param events    that will be written
         * @return the target, ready
         * @throws IOException if it cannot be made
         */
        EventTarget create(Path directory, long events) throws IOException;
    }

    /** Opens something to read from. */
    @FunctionalInterface
    public interface SourceFactory {
        /**
         * Opens what a target wrote or writes.
         *
         * @param directory of the target
         * @return the source, at the first event
         * @throws IOException if it cannot be opened
         */
        EventSource open(Path directory) throws IOException;
    }
}
