package dev.evtl.bench.compare;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/** The block device under a directory, as the kernel tells of it. */
final class Device {
    private static final Path STATISTICS = Path.of("/proc/diskstats");
    private static final Path DROP_CACHES = Path.of("/proc/sys/vm/drop_caches");
    private static final int NAME_FIELD = 2;
    private static final int SECTORS_WRITTEN_FIELD = 9;
    private static final int SECTOR_LENGTH = 512;

    private final String name;

    /**
     * Of a directory.
     *
     * @param directory on the device
     * @throws IOException if its file system cannot be told
     */
    Device(final Path directory) throws IOException {
        final Path device = Path.of(Files.getFileStore(directory).name());
        this.name = String.valueOf(device.getFileName());
    }

    /** Bytes written to it since the machine was started, if the kernel counts them. */
    OptionalLong bytesWritten() throws IOException {
        if (!Files.isReadable(STATISTICS)) {
            return OptionalLong.empty();
        }
        return Files.readAllLines(STATISTICS).stream()
                .map(line -> line.strip().split("\\s+"))
                .filter(fields -> fields[NAME_FIELD].equals(name))
                .mapToLong(fields -> Long.parseLong(fields[SECTORS_WRITTEN_FIELD]) * SECTOR_LENGTH)
                .findFirst();
    }

    /** Lets the page cache go, which only root may; returns whether it went. */
    static boolean dropCaches() throws IOException {
        if (!Files.isWritable(DROP_CACHES)) {
            return false;
        }
        Files.writeString(DROP_CACHES, "3");
        return true;
    }
}
