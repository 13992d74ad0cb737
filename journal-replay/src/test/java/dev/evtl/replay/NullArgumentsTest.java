package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import dev.evtl.journal.support.NullArguments;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.agrona.DirectBuffer;
import org.agrona.ErrorHandler;
import org.agrona.concurrent.EpochNanoClock;
import org.agrona.concurrent.SystemEpochNanoClock;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class NullArgumentsTest {
    @TempDir
    Path directory;

    @Test
    void everyNullIsRefusedByTheNameOfItsParameter() throws Exception {
        final Path file = TestFiles.golden("closed", directory);
        try (Journal journal = Journal.open(directory.resolve("copy.evtl"));
                JournalReader reader = JournalReader.open(file);
                JournalCopy copy = new JournalCopy(journal)) {
            final Map<Class<?>, Object> values = new HashMap<>();
            values.put(Journal.class, journal);
            values.put(JournalReader.class, reader);
            values.put(JournalCopy.class, copy);
            values.put(JournalMerge.class, new JournalMerge(List.of()));
            values.put(LongConsumer.class, (LongConsumer) bytes -> {});
            values.put(JournalEvent.class, new JournalEvent());
            values.put(JournalPosition.class, reader.position());
            values.put(ReaderConfig.class, ReaderConfig.builder().build());
            values.put(ReaderConfig.Builder.class, ReaderConfig.builder());
            values.put(EventFilter.class, EventFilter.ALL);
            values.put(EventHandler.class, (EventHandler) event -> EventHandler.Action.CONTINUE);
            values.put(EventPrinter.class, new EventPrinter(new StringWriter()));
            values.put(TypeCounter.class, new TypeCounter());
            values.put(LatencyHistogram.class, new LatencyHistogram(SystemEpochNanoClock.INSTANCE));
            values.put(Path.class, file);
            values.put(String.class, "name");
            values.put(Writer.class, new StringWriter());
            values.put(Instant.class, Instant.EPOCH);
            values.put(int[].class, new int[] {1});
            values.put(Consumer.class, (Consumer<JournalEvent>) event -> {});
            values.put(List.class, List.of(new TypeCounter()));
            values.put(DirectBuffer.class, new UnsafeBuffer(new byte[64]));
            values.put(ErrorHandler.class, (ErrorHandler) error -> {});
            values.put(EpochNanoClock.class, SystemEpochNanoClock.INSTANCE);
            values.put(Duration.class, Duration.ZERO);
            final int calls = NullArguments.assertAreNamed(JournalReader.class, values);
            assertTrue(calls > 25, calls + " calls");
        }
    }
}
