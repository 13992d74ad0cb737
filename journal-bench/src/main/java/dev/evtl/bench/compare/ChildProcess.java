package dev.evtl.bench.compare;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** A {@link Child} as its parent sees it. */
final class ChildProcess implements AutoCloseable {
    private static final String ENDED = "";
    private static final int SECONDS_TO_END = 10;
    private static final List<String> JVM_ARGUMENTS =
            List.of("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-Xms256m", "-Xmx512m", "-XX:-UsePerfData");

    private final Contestant contestant;
    private final Path log;
    private final Process process;
    private final Writer commands;
    private final BlockingQueue<String> replies = new LinkedBlockingQueue<>();

    /**
     * Starts a JVM of this JVM's kind and class path.
     *
     * @param contestant that it runs
     * @param log        takes what it writes to standard error
     * @throws IOException if it cannot be started
     */
    ChildProcess(final Contestant contestant, final Path log) throws IOException {
        this.contestant = contestant;
        this.log = log;
        final List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(JVM_ARGUMENTS);
        command.addAll(contestant.jvmArguments());
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), Child.class.getName(), contestant.id()));
        process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start();
        commands = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        final Thread reader = new Thread(this::takeReplies, "replies of " + contestant.id());
        reader.setDaemon(true);
        reader.start();
    }

    private void takeReplies() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                replies.add(line);
            }
        } catch (final IOException e) {
            // the process was killed; what waits for a reply is told below
        }
        replies.add(ENDED);
    }

    Contestant contestant() {
        return contestant;
    }

    /** Tells it to do something and does not wait. */
    void send(final String command) throws ChildException {
        try {
            commands.write(command + "\n");
            commands.flush();
        } catch (final IOException e) {
            throw new ChildException(contestant.label() + ": its JVM has ended: " + lastWords());
        }
    }

    /** Waits for what it answers to the last command, or for its start. */
    Reply await(final Duration timeout) throws ChildException, InterruptedException {
        final String line = replies.poll(timeout.toMillis(), TimeUnit.MILLISECONDS);
        if (line == null) {
            process.destroyForcibly();
            throw new ChildException(contestant.label() + ": no answer within " + timeout.toSeconds() + " s");
        }
        if (line.equals(ENDED)) {
            throw new ChildException(contestant.label() + ": its JVM has ended: " + lastWords());
        }
        if (!line.equals(Child.OK) && !line.startsWith(Child.OK + " ")) {
            throw new ChildException(contestant.label() + ": " + line);
        }
        return Reply.parse(line.substring(Child.OK.length()).strip());
    }

    /** Tells it to do something and waits for the answer. */
    Reply request(final Duration timeout, final String command) throws ChildException, InterruptedException {
        send(command);
        return await(timeout);
    }

    private String lastWords() {
        try {
            final List<String> lines = Files.readAllLines(log);
            return lines.isEmpty() ? "it said nothing" : lines.get(lines.size() - 1);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Lets it end by itself, so that it can tidy up, unless it takes too long. */
    @Override
    public void close() {
        try {
            commands.close();
        } catch (final IOException e) {
            // it has ended
        }
        try {
            if (!process.waitFor(SECONDS_TO_END, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (final InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }
}
