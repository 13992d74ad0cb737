package dev.evtl.bench.peers;

import dev.evtl.bench.JournalSource;
import dev.evtl.bench.compare.Contestant;
import dev.evtl.bench.compare.Group;
import dev.evtl.bench.compare.Peers;
import dev.evtl.bench.compare.Role;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Properties;
import java.util.Set;

/** Chronicle Queue, Aeron Archive and the LMAX Disruptor. */
public final class AllPeers implements Peers {
    private static final int FIRST_JDK_WITH_WARNINGS = 24;

    @Override
    public List<Contestant> contestants() {
        return List.of(
                chronicle(
                        "chronicle-document",
                        "Chronicle Queue, writingDocument in place",
                        false,
                        EnumSet.of(
                                Group.WRITE, Group.FIRST_TOUCH, Group.BUSY, Group.CALLER, Group.VISIBLE, Group.STALL)),
                chronicle(
                        "chronicle-bytes", "Chronicle Queue, writeBytes", true, EnumSet.of(Group.WRITE, Group.CALLER)),
                chronicle("chronicle-tailer", "Chronicle Queue, tailer", false, EnumSet.of(Group.READ)),
                new Contestant(
                        "aeron",
                        "Aeron Archive, recorded IPC publication",
                        Role.PEER,
                        EnumSet.of(Group.WRITE, Group.FIRST_TOUCH, Group.READ),
                        1,
                        List.of("--add-opens=java.base/java.util.zip=ALL-UNNAMED"),
                        (directory, events) -> new AeronTarget(directory),
                        AeronSource::new),
                new Contestant(
                        "disruptor",
                        "Disruptor in front of the journal's file writer",
                        Role.PEER,
                        EnumSet.of(Group.WRITE),
                        1,
                        List.of(),
                        (directory, events) -> new DisruptorTarget(directory.resolve("journal.evtl")),
                        directory -> new JournalSource(directory.resolve("journal.evtl"), true)));
    }

    @Override
    public List<String> notes() {
        final Properties versions = new Properties();
        try (InputStream resource = AllPeers.class.getResourceAsStream("versions.properties")) {
            versions.load(resource);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
        return List.of(
                "Chronicle Queue " + versions.get("chronicle-queue")
                        + " writes on the caller's thread, with blocks of 256"
                        + " MiB, every millionth event indexed, a clock that stands still, analytics and disk monitor off."
                        + " The pretouch() of its open-source edition ends in a StackOverflowError, so no pages are touched ahead.",
                "Aeron Archive " + versions.get("aeron")
                        + " runs with driver and archive on one shared thread; terms of"
                        + " 64 MiB in memory, the recording on the disk. Its opening, which counts where pages are touched"
                        + " first, starts driver and archive.",
                "Disruptor " + versions.get("disruptor")
                        + " has one producer, 32,768 slots of 128 bytes and yields while it"
                        + " waits; its handler copies, checks and publishes as the journal's appender does.");
    }

    private static Contestant chronicle(
            final String id, final String label, final boolean copying, final Set<Group> groups) {
        return new Contestant(
                id,
                label,
                Role.PEER,
                groups,
                1,
                chronicleArguments(),
                (directory, events) -> new ChronicleTarget(directory, copying),
                ChronicleSource::new);
    }

    private static List<String> chronicleArguments() {
        final List<String> arguments = new ArrayList<>(List.of(
                "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
                "--add-exports=java.base/sun.nio.ch=ALL-UNNAMED",
                "-Dchronicle.analytics.disable=true",
                "-Dchronicle.announcer.disable=true",
                "-Dchronicle.disk.monitor.disable=true",
                "-Ddisable.single.threaded.check=true"));
        if (Runtime.version().feature() >= FIRST_JDK_WITH_WARNINGS) {
            arguments.add("--enable-native-access=ALL-UNNAMED");
            arguments.add("--sun-misc-unsafe-memory-access=allow");
        }
        return arguments;
    }
}
