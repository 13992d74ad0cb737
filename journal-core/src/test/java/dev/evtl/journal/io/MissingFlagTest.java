package dev.evtl.journal.io;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalScan;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Golden;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A JVM without the flag that Agrona needs. */
class MissingFlagTest {
    private static final String SENTENCE = "java.lang.IllegalStateException: "
            + "start this JVM with --add-opens java.base/jdk.internal.misc=ALL-UNNAMED";

    @TempDir
    Path directory;

    @Test
    void everyWayInSaysTheFlagInOneSentenceEachTime() throws Exception {
        final Process process = ChildJvm.start(
                List.of(),
                OpenAndSay.class,
                directory.resolve("f.evtl").toString(),
                Golden.copy("closed", directory).toString());
        assertEquals(
                String.join(System.lineSeparator(), SENTENCE, SENTENCE, SENTENCE, SENTENCE, SENTENCE, ""),
                ChildJvm.output(process));
    }

    /** Says what each way to open a journal throws. */
    static final class OpenAndSay {
        public static void main(final String[] args) {
            final Path none = Path.of(args[0]);
            final Path closed = Path.of(args[1]);
            for (int i = 0; i < 2; i++) {
                say(() -> Journal.open(none));
            }
            say(() -> Journal.open(
                    closed,
                    JournalConfig.builder()
                            .ringSize(1 << 20)
                            .backPressure(BackPressure.DROP)
                            .build()));
            say(() -> JournalScan.of(closed));
            say(() -> new JournalView(closed));
        }

        private static void say(final Runnable open) {
            try {
                open.run();
                System.out.println("opened");
            } catch (final Throwable t) {
                System.out.println(t);
            }
        }
    }
}
