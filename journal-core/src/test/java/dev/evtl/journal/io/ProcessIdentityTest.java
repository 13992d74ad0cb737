package dev.evtl.journal.io;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.evtl.journal.io.ProcessIdentity.State;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.journal.support.Tmpfs;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A process is told apart from all others, before and after its end. */
@Timeout(60)
class ProcessIdentityTest {
    @TempDir
    Path directory;

    private static ProcessIdentity said(final Process process) throws IOException {
        final String line = new BufferedReader(new InputStreamReader(process.getInputStream())).readLine();
        return ProcessIdentity.parse(line).orElseThrow(() -> new IOException(line));
    }

    private static Process start(final String... prefix) throws IOException {
        return ChildJvm.start(Duration.ofMinutes(1), List.of(prefix), List.of(), Says.class);
    }

    @Test
    void processIsAliveUntilItHasEnded() throws Exception {
        final Process process = start();
        final ProcessIdentity identity = said(process);
        assertEquals(process.pid(), identity.number());
        assertEquals(State.ALIVE, identity.state());
        process.destroyForcibly().waitFor();
        assertEquals(State.DEAD, identity.state());
    }

    @Test
    void thisProcessIsAliveWhateverItsThreadIsToldToStop() {
        final ProcessIdentity current = ProcessIdentity.current();
        Thread.currentThread().interrupt();
        assertEquals(State.ALIVE, current.state());
        assertEquals(
                State.DEAD,
                new ProcessIdentity(current.number(), current.start() - 1, current.namespaces()).state(),
                "an earlier one of the same number");
        assertEquals(
                State.DEAD,
                new ProcessIdentity(1L << 40, current.start(), current.namespaces()).state(),
                "no process has such a number");
        assertTrue(Thread.interrupted());
    }

    /** Its parent has not asked yet what became of it. */
    @Test
    void processThatHasEndedAndIsStillListedIsDead() throws Exception {
        final Process parent = start("sh", "-c", "\"$@\" & exec sleep 60", "sh");
        final ProcessIdentity identity = said(parent);
        assertEquals(State.ALIVE, identity.state());
        assertTrue(Tmpfs.run("kill", "-KILL", Long.toString(identity.number())));
        while (identity.state() == State.ALIVE) {
            Thread.onSpinWait();
        }
        assertEquals(State.DEAD, identity.state());
        assertTrue(Files.exists(Path.of("/proc", Long.toString(identity.number()))), "listed");
        parent.destroyForcibly().waitFor();
    }

    @Test
    void nameOfTheCommandDoesNotMislead() throws Exception {
        final Path command = Files.copy(Path.of("/bin/sleep"), directory.resolve("x) Z 1 (1"));
        final Process process = new ProcessBuilder(command.toString(), "60").start();
        final String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
        final String[] fields = stat.substring(stat.lastIndexOf(") ") + 2).split(" ");
        final ProcessIdentity identity = new ProcessIdentity(
                process.pid(),
                Long.parseLong(fields[19]),
                ProcessIdentity.current().namespaces());
        assertTrue(process.isAlive() && stat.contains("(x) Z 1 (1) "), stat);
        assertEquals(State.ALIVE, identity.state());
        process.destroyForcibly().waitFor();
        assertEquals(State.DEAD, identity.state());
    }

    @Test
    void nothingIsSaidOfAProcessOfAnotherNamespace() throws Exception {
        final String[] unshare = {"unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"};
        assumeTrue(Tmpfs.run("unshare", "--pid", "--fork", "true"), "this user may not make a namespace");
        final Process process = start(unshare);
        final ProcessIdentity identity = said(process);
        assertEquals(1, identity.number());
        assertEquals(State.UNKNOWN, identity.state());
        process.destroyForcibly().waitFor();
        assertEquals(State.UNKNOWN, identity.state());
        assertEquals(State.UNKNOWN, ProcessIdentity.UNKNOWN.state());
    }

    @Test
    void textFormIsReadBack() {
        final ProcessIdentity current = ProcessIdentity.current();
        assertEquals(Optional.of(current), ProcessIdentity.parse(current.toString()));
        final ProcessIdentity extreme = new ProcessIdentity(4194304, Long.MAX_VALUE, -1);
        assertEquals(Optional.of(extreme), ProcessIdentity.parse(extreme.toString()));
        for (final String none : List.of("", "1", "1 2", "1 2 x", "1 2 3 4", "1 2 ", " 1 2 3")) {
            assertEquals(Optional.empty(), ProcessIdentity.parse(none), none);
        }
    }

    /** Says who it is, and waits. */
    static final class Says {
        public static void main(final String[] args) throws IOException {
            System.out.println(ProcessIdentity.current());
            System.in.read();
        }
    }
}
