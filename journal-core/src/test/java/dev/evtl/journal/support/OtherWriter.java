package dev.evtl.journal.support;

import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.exceptions.JournalException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.file.Path;

/** A process that opens journals for writing when it is told to. */
public final class OtherWriter implements AutoCloseable {
    public static final String OPEN = "open";

    private final Process process;
    private final PrintStream commands;
    private final BufferedReader answers;

    public OtherWriter() throws IOException {
        process = ChildJvm.start(OtherWriter.class);
        commands = new PrintStream(process.getOutputStream(), true, UTF_8);
        answers = new BufferedReader(new InputStreamReader(process.getInputStream(), UTF_8));
    }

    public long pid() {
        return process.pid();
    }

    /** Opens a journal, publishes one event and closes it; or says why it cannot be opened. */
    public String openAndClose(final Path file) throws IOException {
        return ask("close " + file);
    }

    /** The same, but keeps it open. */
    public String openAndHold(final Path file) throws IOException {
        return ask("hold " + file);
    }

    private String ask(final String command) throws IOException {
        commands.println(command);
        return answers.readLine();
    }

    /** Returns when the process is gone. */
    public void kill() {
        process.destroyForcibly().onExit().join();
    }

    @Override
    public void close() {
        kill();
    }

    public static void main(final String[] args) throws IOException {
        final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            final String[] command = line.split(" ", 2);
            try {
                final Journal journal = Journal.open(
                        Path.of(command[1]),
                        tiny().listener(JournalListener.NONE).build());
                journal.publisher().offer(1, payload(8), 0, 8);
                journal.invoker().invoke();
                if (command[0].equals("close")) {
                    journal.close();
                }
                System.out.println(OPEN);
            } catch (final JournalException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
    }
}
