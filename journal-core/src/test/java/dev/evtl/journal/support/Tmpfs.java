package dev.evtl.journal.support;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A small file system of its own, where the user may mount one; otherwise the test is skipped. */
public final class Tmpfs implements AutoCloseable {
    private final Path directory;

    private Tmpfs(final Path directory) {
        this.directory = directory;
    }

    public static Tmpfs mount(final Path directory, final int bytes) {
        assumeTrue(
                run("mount", "-t", "tmpfs", "-o", "size=" + bytes, "evtl-test", directory.toString()),
                "this user may not mount a tmpfs");
        return new Tmpfs(directory);
    }

    public void remount(final String options) {
        assertTrue(run("mount", "-o", "remount," + options, directory.toString()));
    }

    @Override
    public void close() {
        assertTrue(run("umount", "--lazy", directory.toString()));
    }

    /** Whether a command could be run and succeeded. */
    public static boolean run(final String... command) {
        try {
            final Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (final IOException e) {
            return false; // there is no such command
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
