package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.support.Tmpfs;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A file system of its own on a loop device, where the user may have one; otherwise the test is skipped. */
final class LoopFileSystem implements AutoCloseable {
    /** EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH: what is not on the device now never comes there. */
    private static final String SHUTDOWN = "open(my $root, '<', $ARGV[0]) or die $!; print \"ready\\n\"; <STDIN>; "
            + "my $flags = pack('L', 2); ioctl($root, 0x8004587d, $flags) or die $!; print \"down\\n\"";

    private final Path image;
    private final Path mountPoint;
    private final String device;

    private LoopFileSystem(final Path image, final Path mountPoint, final String device) {
        this.image = image;
        this.mountPoint = mountPoint;
        this.device = device;
    }

    /** Makes one, not mounted yet. */
    static LoopFileSystem create(final Path directory, final long bytes) throws IOException {
        assumeTrue(Tmpfs.run("sh", "-c", "command -v losetup mkfs.ext4 perl"), "losetup, mkfs.ext4 or perl is missing");
        final Path image = directory.resolve("image");
        try (RandomAccessFile file = new RandomAccessFile(image.toFile(), "rw")) {
            file.setLength(bytes);
        }
        return of(image, directory);
    }

    /** What a power loss would leave of this one now, on a device of its own. */
    LoopFileSystem afterPowerLoss(final Path directory) throws IOException {
        final Path copy = directory.resolve("image");
        run("cp", "--sparse=always", image.toString(), copy.toString());
        return of(copy, directory);
    }

    private static LoopFileSystem of(final Path image, final Path directory) throws IOException {
        final String device = output("losetup", "--find", "--show", image.toString());
        if (!device.startsWith("/dev/")) {
            Files.delete(image);
        }
        assumeTrue(device.startsWith("/dev/"), "this user may not set up a loop device: " + device);
        return new LoopFileSystem(image, Files.createDirectory(directory.resolve("mount")), device);
    }

    void format() {
        run("mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", device);
    }

    /** Formats it in another way than as an ext4. */
    void format(final String... command) {
        final List<String> all = new ArrayList<>(List.of(command));
        all.add(device);
        Tmpfs.run(all.toArray(String[]::new)); // some say what they do
    }

    /** Gives the device all its space, also where the file system has not written yet. */
    void allocate() {
        run("fallocate", "--length", Long.toString(image.toFile().length()), image.toString());
    }

    /** Takes away the device's space for a file from a block of 4 KiB on, where it has a place on the device yet. */
    void loseBlocks(final Path file, final int from) {
        run(
                "sh",
                "-c",
                "filefrag -b4096 -v $0 | tr -d '.:' | awk -v f=$1 '$1 ~ /^[0-9]+$/ && $3 >= f && $4 > 0 {"
                        + "d = $2 < f ? f - $2 : 0; print ($4 + d) * 4096, ($3 - $2 + 1 - d) * 4096}' |"
                        + " while read o l; do fallocate --punch-hole --offset $o --length $l $2 || echo failed; done",
                file.toString(),
                Integer.toString(from),
                image.toString());
    }

    void mount(final String options) {
        run("mount", "-o", options, device, mountPoint.toString());
    }

    void unmount() {
        run("umount", mountPoint.toString());
    }

    void remount(final String options) {
        run("mount", "-o", "remount," + options, mountPoint.toString());
    }

    /** As the file system takes it when it finds itself damaged. */
    void provokeError() throws IOException {
        final Path trigger =
                Path.of("/sys/fs/ext4", Path.of(device).getFileName().toString(), "trigger_fs_error");
        Files.writeString(trigger, "evtl test");
    }

    /** Clears an error that was provoked. */
    void repair() {
        Tmpfs.run("e2fsck", "-f", "-y", device); // says 1 when it has repaired something
    }

    Path root() {
        return mountPoint;
    }

    /** Ready to shut the file system down at once when its input is closed. */
    Process shutdown() throws IOException {
        final Process process = new ProcessBuilder("perl", "-e", "$| = 1; " + SHUTDOWN, mountPoint.toString())
                .redirectErrorStream(true)
                .start();
        assertEquals("ready", line(process));
        return process;
    }

    static void shutDown(final Process shutdown) throws IOException {
        shutdown.getOutputStream().close();
        assertEquals("down", line(shutdown));
    }

    private static String line(final Process process) throws IOException {
        final StringBuilder line = new StringBuilder();
        for (int c = process.getInputStream().read();
                c >= 0 && c != '\n';
                c = process.getInputStream().read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    private static void run(final String... command) {
        assertEquals("", output(command), () -> String.join(" ", command));
    }

    private static String output(final String... command) {
        try {
            final Process process = new ProcessBuilder(List.of(command))
                    .redirectErrorStream(true)
                    .start();
            final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
            return process.waitFor() == 0 ? output : output + " failed";
        } catch (final IOException e) {
            return e.getMessage();
        } catch (final InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws IOException {
        Tmpfs.run("umount", "--lazy", mountPoint.toString()); // it is not mounted where all went well
        run("losetup", "--detach", device);
        Files.delete(image);
        Files.delete(mountPoint);
    }
}
