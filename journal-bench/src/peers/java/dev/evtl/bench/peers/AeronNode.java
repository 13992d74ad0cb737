package dev.evtl.bench.peers;

import dev.evtl.bench.BenchDirectory;
import io.aeron.archive.Archive;
import io.aeron.archive.ArchiveThreadingMode;
import io.aeron.archive.ArchivingMediaDriver;
import io.aeron.archive.client.AeronArchive;
import io.aeron.driver.MediaDriver;
import io.aeron.driver.ThreadingMode;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.CloseHelper;

/** A media driver with an archive, all in this JVM and sharing a thread, and a client; for two cores. */
final class AeronNode implements AutoCloseable {
    static final String CHANNEL = "aeron:ipc?term-length=64m";
    static final int STREAM = 1;

    private static final Path MEMORY = Path.of("/dev/shm");
    private static final String CONTROL_CHANNEL = "aeron:ipc";

    private final BenchDirectory memory;
    private final ArchivingMediaDriver driver;
    private final AeronArchive archive;

    /**
     * Starts all.
     *
     * @param directory of the archive
     * @throws IOException if there is no place for the driver's buffers
     */
    AeronNode(final Path directory) throws IOException {
        memory = new BenchDirectory(MEMORY);
        final String aeronDirectory = memory.path().resolve("aeron").toString();
        driver = ArchivingMediaDriver.launch(
                new MediaDriver.Context()
                        .aeronDirectoryName(aeronDirectory)
                        .threadingMode(ThreadingMode.SHARED)
                        .termBufferSparseFile(false)
                        .dirDeleteOnStart(true)
                        .dirDeleteOnShutdown(true),
                new Archive.Context()
                        .aeronDirectoryName(aeronDirectory)
                        .archiveDir(directory.resolve("archive").toFile())
                        .threadingMode(ArchiveThreadingMode.SHARED)
                        .controlChannelEnabled(false)
                        .archiveClientContext(new AeronArchive.Context().controlResponseChannel(CONTROL_CHANNEL))
                        .localControlChannel(CONTROL_CHANNEL)
                        .replicationChannel("aeron:udp?endpoint=localhost:0")
                        .recordingEventsEnabled(false)
                        .fileSyncLevel(0));
        archive = AeronArchive.connect(new AeronArchive.Context()
                .aeronDirectoryName(aeronDirectory)
                .controlRequestChannel(CONTROL_CHANNEL)
                .controlRequestStreamId(driver.archive().context().localControlStreamId())
                .controlResponseChannel(CONTROL_CHANNEL));
    }

    AeronArchive archive() {
        return archive;
    }

    @Override
    public void close() throws IOException {
        CloseHelper.closeAll(archive, driver);
        memory.close();
    }
}
