package dev.evtl.bench.compare;

import dev.evtl.bench.BenchDirectory;
import dev.evtl.journal.format.EventHeader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.function.Function;

/**
 * Runs the rounds. In each round of a group every contestant has its turn, in a file of its own, and the order moves on
 * by one from round to round; each keeps its JVM for all rounds, so that it stays warm. The first round does not count.
 */
final class Comparison {
    static final int EVENT_LENGTH = EventHeader.LENGTH + Contestant.PAYLOAD_LENGTH;
    static final String WRITTEN = "written";
    static final String READ = "read";
    static final String SINCE_DUE = ", since it was due";
    static final String ALONE = "alone";
    static final String BESIDE = "while another thread forces without pause";
    static final long BESIDE_RATE = 1_000_000;
    static final long STALL_RATE = 250_000;

    private final Settings settings;
    private final List<Contestant> contestants;
    private final BenchDirectory directory;
    private final PrintStream talk;
    private final Results results = new Results();

    /**
     * Prepares.
     *
     * @param settings    how much to measure
     * @param contestants of all groups
     * @param directory   for all files
     * @param talk        is told how far it is
     */
    Comparison(
            final Settings settings,
            final List<Contestant> contestants,
            final BenchDirectory directory,
            final PrintStream talk) {
        this.settings = settings;
        this.contestants = contestants;
        this.directory = directory;
        this.talk = talk;
    }

    Results run() throws IOException, InterruptedException {
        final List<String> rates =
                settings.rates().stream().map(Comparison::rateLabel).toList();
        run(Group.WRITE, settings.rounds(), List.of(""), this::write);
        run(Group.READ, settings.rounds(), List.of(""), this::read);
        run(Group.CALLER, settings.rounds(), callerVariants(rates), this::offer);
        run(Group.VISIBLE, settings.rounds(), rates, this::offerAndFollow);
        run(Group.STALL, 1, List.of(rateLabel(STALL_RATE)), this::offerLong);
        run(Group.SYNC, settings.rounds(), List.of(""), this::sync);
        run(Group.BESIDE_SYNC, settings.rounds(), List.of(ALONE, BESIDE), this::offerBesideSync);
        run(Group.IDLE, 1, List.of(""), this::idle);
        run(
                Group.SIZE,
                settings.longRounds(),
                settings.sizes().stream().map(Comparison::sizeLabel).toList(),
                this::writeAndReadSizes);
        if (settings.groups().contains(Group.COLD)) {
            cold();
        }
        return results;
    }

    static String rateLabel(final long rate) {
        return rate >= 1_000_000 ? rate / 1_000_000 + " M/s" : rate / 1_000 + " k/s";
    }

    static String sizeLabel(final long bytes) {
        return (bytes >> 30) + " GiB";
    }

    private static List<String> callerVariants(final List<String> rates) {
        final List<String> variants = new ArrayList<>();
        for (final String rate : rates) {
            variants.add(rate);
            variants.add(rate + SINCE_DUE);
        }
        return variants;
    }

    /** A contestant in a group: its JVM, where it is followed the reader's too, and what it reached. */
    private static final class Entrant implements AutoCloseable {
        private final ChildProcess writer;
        private final ChildProcess reader;
        private final Map<String, Series> series;
        private Path prepared;

        Entrant(final ChildProcess writer, final ChildProcess reader, final Map<String, Series> series) {
            this.writer = writer;
            this.reader = reader;
            this.series = series;
        }

        void fail(final String reason) {
            series.values().forEach(s -> s.fail(reason));
        }

        boolean hasFailed() {
            return series.values().stream().anyMatch(s -> s.failure().isPresent());
        }

        @Override
        public void close() {
            writer.close();
            if (reader != null) {
                reader.close();
            }
        }
    }

    /** One contestant's turn: figures for the series of each variant. */
    @FunctionalInterface
    private interface Turn {
        void take(Entrant entrant, Path round, Function<String, Series> series)
                throws ChildException, InterruptedException, IOException;
    }

    private void run(final Group group, final int rounds, final List<String> variants, final Turn turn)
            throws IOException, InterruptedException {
        if (!settings.groups().contains(group)) {
            return;
        }
        final List<Entrant> entrants = new ArrayList<>();
        try {
            for (final Contestant contestant : contestants) {
                if (contestant.groups().contains(group)) {
                    entrants.add(start(group, contestant, variants));
                }
            }
            for (final Entrant entrant : entrants) {
                awaitStart(entrant);
            }
            for (int round = 0; round <= rounds; round++) {
                talk.println(group + ": " + (round == 0 ? "warming up" : "round " + round + " of " + rounds));
                for (final Entrant entrant : entrants) {
                    takeTurn(entrant, turn, round > 0);
                }
                Collections.rotate(entrants, -1);
            }
        } finally {
            for (final Entrant entrant : entrants) {
                entrant.close();
                if (entrant.prepared != null) {
                    BenchDirectory.delete(entrant.prepared);
                }
            }
        }
    }

    private Entrant start(final Group group, final Contestant contestant, final List<String> variants)
            throws IOException {
        final Map<String, Series> series = new LinkedHashMap<>();
        for (final String variant : variants) {
            series.put(variant, results.add(group, contestant, variant));
        }
        final Path log = directory.path().resolve(contestant.id() + ".log");
        return new Entrant(
                new ChildProcess(contestant, log),
                group == Group.VISIBLE ? new ChildProcess(contestant, log) : null,
                series);
    }

    private void awaitStart(final Entrant entrant) throws InterruptedException {
        try {
            entrant.writer.await(settings.timeout());
            if (entrant.reader != null) {
                entrant.reader.await(settings.timeout());
            }
        } catch (final ChildException e) {
            failed(entrant, e);
        }
    }

    private void takeTurn(final Entrant entrant, final Turn turn, final boolean counts)
            throws IOException, InterruptedException {
        if (entrant.hasFailed()) {
            return;
        }
        final Path round = directory.newRound();
        try {
            final Contestant contestant = entrant.writer.contestant();
            turn.take(
                    entrant,
                    round,
                    variant -> counts ? entrant.series.get(variant) : new Series(Group.WRITE, contestant, variant));
        } catch (final ChildException e) {
            failed(entrant, e);
        } finally {
            if (!round.equals(entrant.prepared)) {
                BenchDirectory.delete(round);
            }
        }
    }

    private void failed(final Entrant entrant, final ChildException e) {
        talk.println(e.getMessage());
        entrant.fail(e.getMessage());
    }

    private Reply request(final ChildProcess child, final String command) throws ChildException, InterruptedException {
        return child.request(settings.timeout(), command);
    }

    private void write(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        final long events = settings.events();
        final Series figures = series.apply("");
        request(entrant.writer, "open " + round + " " + events);
        final Reply written = request(entrant.writer, "publish " + events);
        PageCache.bytesOf(round)
                .ifPresent(bytes -> figures.add(Figure.PAGE_CACHE, (double) bytes / events / EVENT_LENGTH));
        request(entrant.writer, "close");
        request(entrant.writer, "read " + round + " " + events + " true");
        figures.add(Figure.EVENTS_PER_SECOND, events * 1e9 / written.number("nanos"));
        figures.add(
                Figure.CALLER_NANOS,
                (double) written.number("callerNanos")
                        * entrant.writer.contestant().producers()
                        / events);
        figures.add(Figure.CPU_NANOS, (double) written.number("cpuNanos") / events);
        figures.add(Figure.ALLOCATED, (double) written.number("allocated") / events);
    }

    private Reply writeWhole(final ChildProcess writer, final Path round, final long events)
            throws ChildException, InterruptedException {
        request(writer, "open " + round + " " + events);
        final Reply written = request(writer, "publish " + events);
        request(writer, "close");
        return written;
    }

    /** The file is the same in all rounds, written in the first. */
    private void read(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException {
        final long events = settings.events();
        if (entrant.prepared == null) {
            entrant.prepared = round;
            writeWhole(entrant.writer, round, events);
        }
        final Reply read = request(entrant.writer, "read " + entrant.prepared + " " + events + " true");
        final Series figures = series.apply("");
        figures.add(Figure.EVENTS_PER_SECOND, events * 1e9 / read.number("nanos"));
        figures.add(Figure.ALLOCATED, (double) read.number("allocated") / events);
    }

    private void offer(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        for (final long rate : settings.rates()) {
            final Path file = Files.createDirectory(round.resolve(Long.toString(rate)));
            final Reply offered = offer(entrant.writer, file, "offer", events(rate), rate);
            series.apply(rateLabel(rate)).add(offered.histogram("call"));
            series.apply(rateLabel(rate) + SINCE_DUE).add(offered.histogram("sinceIntended"));
        }
    }

    /** Has events offered by a command, reads them back, and deletes them. */
    private Reply offer(
            final ChildProcess writer, final Path file, final String command, final long events, final long rate)
            throws ChildException, InterruptedException, IOException {
        request(writer, "open " + file + " " + events);
        final Reply offered = request(writer, command + " " + events + " " + rate);
        request(writer, "close");
        request(writer, "read " + file + " " + events + " false");
        BenchDirectory.delete(file);
        return offered;
    }

    private void offerAndFollow(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        for (final long rate : settings.rates()) {
            final long events = events(rate);
            final Path file = Files.createDirectory(round.resolve(Long.toString(rate)));
            request(entrant.writer, "open " + file + " " + events);
            request(entrant.reader, "attach " + file);
            entrant.reader.send("follow " + events);
            request(entrant.writer, "offer " + events + " " + rate);
            final Reply followed = entrant.reader.await(settings.timeout());
            request(entrant.writer, "close");
            BenchDirectory.delete(file);
            series.apply(rateLabel(rate)).add(followed.histogram("visible"));
        }
    }

    private long events(final long rate) {
        return Math.max(1, rate * settings.offering().toMillis() / 1000);
    }

    private void sync(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException {
        request(entrant.writer, "open " + round + " 0");
        final Reply synced =
                request(entrant.writer, "sync " + settings.syncing().toMillis());
        request(entrant.writer, "close");
        if (entrant.writer.contestant().role() != Role.WALL) {
            request(entrant.writer, "read " + round + " " + synced.number("events") + " true");
        }
        final Series figures = series.apply("");
        figures.add(synced.histogram("durable"));
        figures.add(Figure.EVENTS_PER_SECOND, synced.number("events") * 1e9 / synced.number("nanos"));
        figures.add(Figure.FORCES_PER_SECOND, synced.number("forces") * 1e9 / synced.number("nanos"));
    }

    private void offerLong(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        final Path file = Files.createDirectory(round.resolve("long"));
        final long events = STALL_RATE * settings.stalling().toSeconds();
        final Reply offered = offer(entrant.writer, file, "offer", events, STALL_RATE);
        series.apply(rateLabel(STALL_RATE)).add(offered.histogram("longest"));
    }

    private void offerBesideSync(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        for (final String variant : List.of(ALONE, BESIDE)) {
            final Path file = Files.createDirectory(round.resolve(variant.replace(' ', '-')));
            final String command = variant.equals(BESIDE) ? "offerBesideSync" : "offer";
            final Reply offered = offer(entrant.writer, file, command, events(BESIDE_RATE), BESIDE_RATE);
            series.apply(variant).add(offered.histogram("call"));
        }
    }

    private void idle(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException {
        request(entrant.writer, "open " + round + " 1");
        final Reply idled = request(entrant.writer, "idle " + settings.idling().toMillis());
        request(entrant.writer, "close");
        series.apply("").add(Figure.CORE_SHARE, (double) idled.number("cpuNanos") / idled.number("nanos"));
    }

    private void writeAndReadSizes(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        for (final long size : settings.sizes()) {
            final long events = size / EVENT_LENGTH;
            final Path file = Files.createDirectory(round.resolve(Long.toString(size)));
            final Reply written = writeWhole(entrant.writer, file, events);
            final Reply read = request(entrant.writer, "read " + file + " " + events + " true");
            BenchDirectory.delete(file);
            series.apply(sizeLabel(size))
                    .add(Figure.NANOS_PER_EVENT, (double) (written.number("nanos") + read.number("nanos")) / events);
        }
    }

    /** One round only, and the wall first: there is nothing to warm up where the device is the limit. */
    private void cold() throws IOException, InterruptedException {
        final long bytes = settings.coldBytes();
        final long free = Files.getFileStore(directory.path()).getUsableSpace();
        if (free < bytes + bytes / 8) {
            results.note("The comparison of " + sizeLabel(bytes) + " files was left out: only " + sizeLabel(free)
                    + " are free");
            return;
        }
        for (final Contestant contestant : contestants) {
            if (contestant.groups().contains(Group.COLD)) {
                talk.println(Group.COLD + ": " + contestant.label());
                try (Entrant entrant = start(Group.COLD, contestant, List.of(WRITTEN, READ))) {
                    awaitStart(entrant);
                    takeTurn(entrant, this::writeAndReadCold, true);
                }
            }
        }
    }

    private void writeAndReadCold(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        final Device device = new Device(round);
        final long events = settings.coldBytes() / EVENT_LENGTH;
        final long bytes = events * EVENT_LENGTH;
        final OptionalLong before = device.bytesWritten();
        request(entrant.writer, "open " + round + " " + events);
        final long published = request(entrant.writer, "publish " + events).number("nanos");
        final long closed = request(entrant.writer, "close").number("nanos");
        final OptionalLong after = device.bytesWritten();
        series.apply(WRITTEN).add(Figure.BYTES_PER_SECOND, bytes * 1e9 / (published + closed));
        if (before.isPresent() && after.isPresent()) {
            series.apply(WRITTEN)
                    .add(Figure.DEVICE_BYTES_PER_BYTE, (double) (after.getAsLong() - before.getAsLong()) / bytes);
        }
        if (settings.droppingCaches() && !Device.dropCaches()) {
            results.note(entrant.writer.contestant().label()
                    + ": the page cache could not be dropped before reading, which only root may");
        }
        final Reply read = request(entrant.writer, "read " + round + " " + events + " true");
        series.apply(READ).add(Figure.BYTES_PER_SECOND, bytes * 1e9 / read.number("nanos"));
    }
}
