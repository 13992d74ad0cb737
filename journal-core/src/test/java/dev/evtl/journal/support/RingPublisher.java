package dev.evtl.journal.support;

import dev.evtl.journal.Claim;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalListener;
import dev.evtl.journal.Publisher;
import dev.evtl.journal.StorageMode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.agrona.concurrent.UnsafeBuffer;

/** A process that is attached to a ring file, or owns it, and does one after the other what it is told. */
public final class RingPublisher implements AutoCloseable {
    private final Process process;
    private final BufferedReader answers;
    private final PrintStream commands;

    private RingPublisher(final Process process) {
        this.process = process;
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.commands = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
    }

    public static RingPublisher attach(final Path ring) throws IOException {
        final RingPublisher publisher = new RingPublisher(ChildJvm.start(Main.class, ring.toString()));
        publisher.answer();
        return publisher;
    }

    public static RingPublisher own(final Path journal, final Path ring) throws IOException {
        return own(journal, ring, StorageMode.MAPPED, true);
    }

    public static RingPublisher own(
            final Path journal, final Path ring, final StorageMode mode, final boolean checksums) throws IOException {
        final RingPublisher owner = new RingPublisher(ChildJvm.start(
                Main.class, ring.toString(), journal.toString(), mode.name(), Boolean.toString(checksums)));
        owner.answer();
        return owner;
    }

    private long answer() throws IOException {
        final String answer = answers.readLine();
        if (answer == null || !answer.matches("-?\\d+")) {
            throw new IOException("the child said " + answer + answers.lines().toList());
        }
        return Long.parseLong(answer);
    }

    /** Publishes the numbers from the first on, as events of a type; returns how many were accepted. */
    public long offer(final int type, final long first, final int count) throws IOException {
        commands.println("offer " + type + ' ' + first + ' ' + count);
        return answer();
    }

    /** Claims and fills an event, and leaves it open. */
    public long claim(final int type, final long number) throws IOException {
        commands.println("claim " + type + ' ' + number + " 0");
        return answer();
    }

    public long commit() throws IOException {
        commands.println("commit 0 0 0");
        return answer();
    }

    /** Reads the ring's lock file; POSIX then drops the locks that the process has on it. */
    public long readLockFile() throws IOException {
        commands.println("read 0 0 0");
        return answer();
    }

    public void signal(final String name) {
        if (!Tmpfs.run("kill", "-" + name, Long.toString(process.pid()))) {
            throw new IllegalStateException("could not send SIG" + name);
        }
    }

    @Override
    public void close() throws IOException {
        kill();
    }

    /** With SIGKILL. */
    public void kill() throws IOException {
        try {
            process.destroyForcibly().waitFor();
        } catch (final InterruptedException e) {
            throw new IOException(e);
        }
    }

    /** The child. */
    static final class Main {
        public static void main(final String[] args) throws IOException {
            final Publisher publisher = args.length == 1
                    ? Journal.attach(Path.of(args[0])).publisher()
                    : Journal.open(
                                    Path.of(args[1]),
                                    TestJournals.small()
                                            .ringFile(Path.of(args[0]))
                                            .listener(JournalListener.NONE) // or it would speak between the answers
                                            .storage(StorageMode.valueOf(args[2]))
                                            .checksums(Boolean.parseBoolean(args[3]))
                                            .build())
                            .publisher();
            System.out.println(0);
            final BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
            final UnsafeBuffer source = new UnsafeBuffer(new byte[Long.BYTES]);
            final Claim claim = publisher.newClaim();
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                final String[] words = line.split(" ");
                final int type = Integer.parseInt(words[1]);
                final long first = Long.parseLong(words[2]);
                final int count = Integer.parseInt(words[3]);
                switch (words[0]) {
                    case "offer" -> {
                        int accepted = 0;
                        for (long i = first; i < first + count; i++) {
                            source.putLong(0, i);
                            long result = publisher.offer(type, source, 0, Long.BYTES);
                            while (result == Publisher.BACK_PRESSURED) {
                                Thread.yield();
                                result = publisher.offer(type, source, 0, Long.BYTES);
                            }
                            accepted += result > 0 ? 1 : 0;
                        }
                        System.out.println(accepted);
                    }
                    case "claim" -> {
                        long result;
                        do {
                            result = publisher.tryClaim(claim, type, Long.BYTES);
                        } while (result == Publisher.BACK_PRESSURED);
                        claim.buffer().putLong(0, first);
                        System.out.println(result);
                    }
                    case "read" -> System.out.println(Files.readAllBytes(Path.of(args[0] + ".lock")).length);
                    default -> System.out.println(claim.commit());
                }
            }
        }
    }
}
