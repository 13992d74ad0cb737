package dev.evtl.journal.file;

import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.Journal;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A new file is durable under its name only when its directory was forced too. Only a crash of the machine shows
 * whether it was; this asks the JVM, whose flight recorder sees every force.
 */
class CreationForceTest {
    @TempDir
    Path directory;

    @Test
    void newFileIsForcedBeforeItGetsItsNameAndItsDirectoryAfterwards() throws IOException {
        final Path file = directory.toRealPath().resolve("new.evtl");
        final List<RecordedEvent> forces;
        try (Recording recording = new Recording()) {
            recording.enable("jdk.FileForce").withoutThreshold();
            recording.start();
            Journal.open(file, tiny().build()).close();
            recording.stop();
            final Path dump = directory.resolve("forces.jfr");
            recording.dump(dump);
            forces = RecordingFile.readAllEvents(dump);
        }
        forces.sort(Comparator.comparing(RecordedEvent::getStartTime));
        final List<String> paths =
                forces.stream().map(force -> force.getString("path")).toList();
        assertTrue(paths.get(0).startsWith(file + ".new-"), paths.get(0));
        assertEquals(file.getParent().toString(), paths.get(1));
    }
}
