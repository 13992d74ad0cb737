package dev.evtl.torture;

import static java.nio.file.StandardOpenOption.CREATE;
import static java.nio.file.StandardOpenOption.READ;
import static java.nio.file.StandardOpenOption.WRITE;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Path;
import org.agrona.BitUtil;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Numbers that a process leaves behind however it dies: what it said last is what it had done. */
public final class SharedLongs implements AutoCloseable {
    private final UnsafeBuffer buffer;

    public SharedLongs(final Path file, final int count) throws IOException {
        try (FileChannel channel = FileChannel.open(file, CREATE, READ, WRITE)) {
            buffer = new UnsafeBuffer(channel.map(MapMode.READ_WRITE, 0, (long) count * BitUtil.CACHE_LINE_LENGTH));
        }
    }

    public long get(final int index) {
        return buffer.getLongVolatile(index * BitUtil.CACHE_LINE_LENGTH);
    }

    public void set(final int index, final long value) {
        buffer.putLongVolatile(index * BitUtil.CACHE_LINE_LENGTH, value);
    }

    public void clear() {
        buffer.setMemory(0, buffer.capacity(), (byte) 0);
    }

    @Override
    public void close() {
        IoUtil.unmap(buffer.byteBuffer());
    }
}
