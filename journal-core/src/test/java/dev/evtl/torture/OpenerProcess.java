package dev.evtl.torture;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.support.ChildJvm;
import dev.evtl.torture.Numbered.Producer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** A process that opens, writes and closes journals as it is told, and answers in one line. */
final class OpenerProcess implements AutoCloseable {
    private final Process process;
    private final BufferedReader output;

    /** Behind a command that runs another, and with flags of its own. */
    OpenerProcess(final List<String> prefix, final List<String> flags) throws IOException {
        process = ChildJvm.start(
                Duration.ofHours(1),
                prefix,
                Stream.concat(Stream.of(ChildJvm.FLAG), flags.stream()).toList(),
                OpenerProcess.class);
        output = new BufferedReader(new InputStreamReader(process.getInputStream()));
    }

    OpenerProcess() throws IOException {
        this(List.of(), List.of());
    }

    /** Says "open", or what the exception said. */
    String open(final Path file) throws IOException {
        return ask("open " + file);
    }

    /** Publishes as the first producer, going on from a number, and syncs. */
    String publish(final long next, final long count) throws IOException {
        return ask("publish " + next + " " + count);
    }

    String closeJournal() throws IOException {
        return ask("close");
    }

    long pid() {
        return process.pid();
    }

    /** Asks all before it listens to any. */
    static List<String> openAtOnce(final List<OpenerProcess> processes, final Path file) throws IOException {
        for (final OpenerProcess process : processes) {
            process.send("open " + file);
        }
        final List<String> answers = new ArrayList<>();
        for (final OpenerProcess process : processes) {
            answers.add(process.answer());
        }
        return answers;
    }

    private String ask(final String question) throws IOException {
        send(question);
        return answer();
    }

    private void send(final String question) throws IOException {
        process.getOutputStream().write((question + "\n").getBytes(US_ASCII));
        process.getOutputStream().flush();
    }

    private String answer() throws IOException {
        final String answer = output.readLine();
        if (answer == null) {
            throw new IOException("the process has ended");
        }
        return answer;
    }

    /** With SIGKILL; it has ended when this returns. */
    void kill() {
        process.destroyForcibly();
        process.onExit().join();
    }

    @Override
    public void close() {
        kill();
    }

    static JournalConfig config() {
        return Torture.config(StorageMode.MAPPED)
                .ringSize(1 << 16)
                .maxPayloadLength(Numbered.MAX_PAYLOAD_LENGTH)
                .backPressure(BackPressure.BLOCK)
                .initialSize(4096)
                .listener(JournalListener.NONE) // or it would speak between the answers
                .build();
    }

    public static void main(final String[] args) throws IOException {
        final BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
        Journal journal = null;
        for (String line = input.readLine(); line != null; line = input.readLine()) {
            final String[] words = line.split(" ");
            try {
                switch (words[0]) {
                    case "open" -> {
                        journal = Journal.open(Path.of(words[1]), config());
                        System.out.println("open");
                    }
                    case "publish" -> {
                        final Producer producer = new Producer(journal, 0, Long.parseLong(words[1]));
                        producer.publish(Long.parseLong(words[2]));
                        journal.sync();
                        System.out.println(producer.next());
                    }
                    default -> {
                        journal.close();
                        System.out.println("closed");
                    }
                }
            } catch (final JournalException e) {
                System.out.println(e.getClass().getSimpleName() + ": " + e.getMessage());
            }
        }
        Runtime.getRuntime().halt(0); // whoever asked is gone, and a journal may be open
    }
}
