package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.small;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class CloseTest {
    @TempDir
    Path directory;

    private static void offer(final Journal journal, final int events) {
        for (int i = 0; i < events; i++) {
            assertTrue(journal.publisher().offer(1, payload(7), 0, 7) > 0);
        }
    }

    @Test
    void cutsForcesAndMarksTheFile() throws IOException {
        final Path file = directory.resolve("c.evtl");
        final Journal journal = Journal.open(file, small().build());
        offer(journal, 10);
        journal.close();
        final byte[] bytes = Files.readAllBytes(file);
        assertEquals(64 + 10 * 23, bytes.length);
        assertEquals(bytes.length, StoredEvent.writeOffset(bytes));
        assertEquals(bytes.length, StoredEvent.durableOffset(bytes));
        assertEquals(10, StoredEvent.eventCount(bytes));
        assertEquals(1, StoredEvent.state(bytes));
        assertEquals("closed", journal.stats().getState());
        assertEquals(bytes.length, journal.stats().getDurableOffset());
        assertTrue(journal.failure().isEmpty());
    }

    @Test
    void openFileIsMarkedAsOpen() throws IOException {
        final Path file = directory.resolve("c.evtl");
        Journal.open(file, small().build()).close();
        assertEquals(1, StoredEvent.state(Files.readAllBytes(file)));
        try (Journal journal = Journal.open(file, small().build())) {
            assertEquals(0, StoredEvent.state(Files.readAllBytes(file)));
            assertTrue(journal.recovery().isEmpty(), "it had been closed");
        }
        assertEquals(64, Files.size(file));
    }

    @Test
    void closedTwiceIsClosedOnce() throws IOException {
        final Path file = directory.resolve("c.evtl");
        final Journal journal = Journal.open(file, small().jmx(true).build());
        offer(journal, 1);
        journal.close();
        final byte[] before = Files.readAllBytes(file);
        try (Journal next = Journal.open(file, small().jmx(true).build())) {
            journal.close();
            offer(next, 1);
            assertTrue(
                    ManagementFactory.getPlatformMBeanServer().queryMBeans(null, null).stream()
                            .anyMatch(bean -> bean.getObjectName().toString().contains(file.toString())),
                    "the next journal's MBean stays");
        }
        assertEquals(before.length + 23, Files.size(file));
    }

    @Test
    void closeOfManyThreadsIsOneClose() throws Exception {
        final Journal journal = Journal.open(directory.resolve("c.evtl"), small().build());
        offer(journal, 5);
        final List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            threads.add(new Thread(journal::close));
        }
        threads.forEach(Thread::start);
        for (final Thread thread : threads) {
            thread.join();
        }
        assertEquals(Condition.CLEAN, JournalScan.of(journal.path()).condition());
        assertEquals(64 + 5 * 23, Files.size(journal.path()));
    }

    @Test
    void interruptedThreadClosesAndStaysInterrupted() throws IOException {
        final Journal journal = Journal.open(directory.resolve("c.evtl"), small().build());
        offer(journal, 5);
        Thread.currentThread().interrupt();
        journal.close();
        assertTrue(Thread.interrupted());
        assertEquals(Condition.CLEAN, JournalScan.of(journal.path()).condition());
    }

    @Test
    void shutdownHookCloses() throws Exception {
        final Path file = directory.resolve("hook.evtl");
        final Process process = ChildJvm.start(PublishAndExit.class, file.toString(), "true");
        assertEquals("", ChildJvm.output(process));
        assertEquals(0, process.waitFor());
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.CLEAN, scan.condition(), scan.reason());
        assertEquals(100, scan.events());
    }

    @Test
    void shutdownHookClosesAlsoWhenMainJustReturns() throws Exception {
        final Path file = directory.resolve("hook.evtl");
        final Process process = ChildJvm.start(PublishAndExit.class, file.toString(), "true", "return");
        assertEquals("", ChildJvm.output(process));
        assertEquals(0, process.waitFor());
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }

    @Test
    void withoutItsHookTheFileStaysOpenAndEveryPublishedEventIsThere() throws Exception {
        final Path file = directory.resolve("nohook.evtl");
        final Process process = ChildJvm.start(PublishAndExit.class, file.toString(), "false");
        assertEquals("", ChildJvm.output(process));
        final JournalScan scan = JournalScan.of(file);
        assertEquals(Condition.UNCLOSED, scan.condition(), scan.reason());
        assertEquals(100, scan.events());
    }

    @Test
    void hookOfAJournalThatWasClosedIsGone() throws Exception {
        final Path file = directory.resolve("hook.evtl");
        final Process process = ChildJvm.start(PublishAndExit.class, file.toString(), "true", "close");
        assertEquals("", ChildJvm.output(process));
        assertEquals(Condition.CLEAN, JournalScan.of(file).condition());
    }

    /** Publishes a hundred events and leaves the JVM to end. */
    static final class PublishAndExit {
        public static void main(final String[] args) {
            final boolean hook = Boolean.parseBoolean(args[1]);
            final Journal journal = Journal.open(
                    Path.of(args[0]),
                    small().backPressure(BackPressure.BLOCK)
                            .closeOnShutdown(hook)
                            .build());
            for (int i = 0; i < 100; i++) {
                journal.publisher().offer(1, payload(7), 0, 7);
            }
            if (!hook) {
                journal.sync();
            }
            final String end = args.length > 2 ? args[2] : "exit";
            if (end.equals("close")) {
                journal.close();
            }
            if (!end.equals("return")) {
                System.exit(0);
            }
        }
    }
}
