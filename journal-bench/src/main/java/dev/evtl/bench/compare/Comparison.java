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
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.HdrHistogram.Histogram;

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
    static final List<Long> STALL_RATES = List.of(250_000L, 1_000_000L);
    private static final List<Integer> NEIGHBOURS = List.of(2, 4);

    /** What was touched is kept for all rounds, so that it is not used again. */
    private static final long MOST_FRESH_EVENTS = 2_000_000;

    /** What a contestant may prepare ahead of its events, and a peer may have besides. */
    private static final long AHEAD = 128 << 20;

    private final Settings settings;
    private final List<Contestant> contestants;
    private final BenchDirectory directory;
    private final PrintStream talk;
    private final Ballast ballast;
    private final long start = System.nanoTime();
    private final Results results = new Results();
    private int firstTouchTurns;
    private int freshTurns;

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
        this.ballast = new Ballast(settings.ballast());
    }

    Results run() throws IOException, InterruptedException {
        run(Group.FIRST_TOUCH, settings.fewRounds(), List.of(""), this::writeFresh);
        noteFresh();
        ballast.close();
        run(Group.WRITE, settings.rounds(), List.of(""), this::write);
        run(
                Group.BUSY,
                settings.fewRounds(),
                NEIGHBOURS.stream().map(Comparison::neighboursLabel).toList(),
                this::writeBesideNeighbours);
        run(Group.READ, settings.rounds(), List.of(""), this::read);
        run(Group.CALLER, settings.rounds(), callerVariants(), this::offer);
        run(
                Group.VISIBLE,
                settings.rounds(),
                settings.visibleRates().stream().map(Comparison::rateLabel).toList(),
                this::offerAndFollow);
        run(Group.STALL, 1, STALL_RATES.stream().map(Comparison::rateLabel).toList(), this::offerLong);
        run(Group.SYNC, settings.rounds(), List.of(""), this::sync);
        run(Group.BESIDE_SYNC, settings.rounds(), List.of(ALONE, BESIDE), this::offerBesideSync);
        run(Group.IDLE, 1, List.of(""), this::idle);
        if (hasSpace(
                Group.SIZE, settings.sizes().stream().mapToLong(s -> s).max().orElse(0))) {
            run(
                    Group.SIZE,
                    settings.longRounds(),
                    settings.sizes().stream().map(Comparison::sizeLabel).toList(),
                    this::writeAndReadSizes);
        }
        if (hasSpace(Group.COLD, settings.coldBytes())) {
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

    static String neighboursLabel(final int count) {
        return count + " busy neighbours";
    }

    private List<String> callerVariants() {
        final List<String> variants = new ArrayList<>();
        for (final long rate : settings.callerRates()) {
            variants.add(rateLabel(rate));
            variants.add(rateLabel(rate) + SINCE_DUE);
        }
        return variants;
    }

    /** A contestant in a group: its JVM, where it is followed the reader's too, and what it reached. */
    private static final class Entrant implements AutoCloseable {
        private final ChildProcess writer;
        private final ChildProcess reader;
        private final Map<String, Series> series;
        private Path prepared;
        private boolean warm;

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
                say(group + ": " + (round == 0 ? "warming up" : "round " + round + " of " + rounds));
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
            entrant.warm = true;
            if (!round.equals(entrant.prepared)) {
                BenchDirectory.delete(round);
            }
        }
    }

    private void say(final String what) {
        final long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start);
        talk.println(String.format(Locale.ROOT, "%4d s  %s", seconds, what));
    }

    private void failed(final Entrant entrant, final ChildException e) {
        say(e.getMessage());
        entrant.fail(e.getMessage());
    }

    private Reply request(final ChildProcess child, final String command) throws ChildException, InterruptedException {
        return child.request(settings.timeout(), command);
    }

    /** What it writes goes into pages that were touched just before. */
    private void open(final ChildProcess writer, final Path file, final long events)
            throws ChildException, InterruptedException {
        ballast.warm(events * EVENT_LENGTH + AHEAD);
        request(writer, "open " + file + " " + events);
    }

    private void write(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        final long events = settings.events();
        final Series figures = series.apply("");
        open(entrant.writer, round, events);
        final Reply written = request(entrant.writer, "publish " + events);
        addPageCache(figures, round, events);
        closeAndReadBack(entrant.writer, round, events);
        addWritten(figures, events, written.number("nanos"), written.number("cpuNanos"));
        figures.add(
                Figure.CALLER_NANOS,
                (double) written.number("callerNanos")
                        * entrant.writer.contestant().producers()
                        / events);
        figures.add(Figure.ALLOCATED, (double) written.number("allocated") / events);
    }

    private static void addPageCache(final Series figures, final Path round, final long events)
            throws IOException, InterruptedException {
        PageCache.bytesOf(round)
                .ifPresent(bytes -> figures.add(Figure.PAGE_CACHE, (double) bytes / events / EVENT_LENGTH));
    }

    private static void addWritten(final Series figures, final long events, final long nanos, final long cpuNanos) {
        figures.add(Figure.EVENTS_PER_SECOND, events * 1e9 / nanos);
        figures.add(Figure.CPU_NANOS, (double) cpuNanos / events);
    }

    private void closeAndReadBack(final ChildProcess writer, final Path file, final long events)
            throws ChildException, InterruptedException {
        request(writer, "close");
        request(writer, "read " + file + " " + events + " true");
    }

    /** The opening counts too: some make all their pages in it, some make some, some none. */
    private void writeFresh(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        final long events = Math.min(settings.events(), MOST_FRESH_EVENTS);
        final Series figures = series.apply("");
        if (entrant.warm) { // warming up takes no fresh pages
            freshTurns += ballast.exhaust() ? 1 : 0;
            firstTouchTurns++;
        }
        final Reply opened = request(entrant.writer, "open " + round + " " + events);
        final Reply written = request(entrant.writer, "publish " + events);
        addPageCache(figures, round, events);
        closeAndReadBack(entrant.writer, round, events);
        addWritten(
                figures,
                events,
                opened.number("nanos") + written.number("nanos"),
                opened.number("cpuNanos") + written.number("cpuNanos"));
    }

    private void noteFresh() {
        if (freshTurns < firstTouchTurns) {
            results.note(
                    "First touch: in " + (firstTouchTurns - freshTurns) + " of " + firstTouchTurns
                            + " turns no page was found that takes long to touch: this machine has none, or too little memory is free");
        }
    }

    private void writeBesideNeighbours(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        final long events = settings.events();
        for (final int count : NEIGHBOURS) {
            final Path file = Files.createDirectory(round.resolve(Integer.toString(count)));
            open(entrant.writer, file, events);
            final Neighbours neighbours = new Neighbours(count);
            final Reply written;
            try {
                written = request(entrant.writer, "publish " + events);
            } finally {
                neighbours.end();
            }
            closeAndReadBack(entrant.writer, file, events);
            BenchDirectory.delete(file);
            addWritten(
                    series.apply(neighboursLabel(count)), events, written.number("nanos"), written.number("cpuNanos"));
        }
    }

    private Reply writeWhole(final ChildProcess writer, final Path round, final long events)
            throws ChildException, InterruptedException {
        open(writer, round, events);
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
        for (final long rate : settings.callerRates()) {
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
        open(writer, file, events);
        final Reply offered = request(writer, command + " " + events + " " + rate);
        request(writer, "close");
        request(writer, "read " + file + " " + events + " false");
        BenchDirectory.delete(file);
        return offered;
    }

    private void offerAndFollow(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        for (final long rate : settings.visibleRates()) {
            final long events = events(rate);
            final Path file = Files.createDirectory(round.resolve(Long.toString(rate)));
            open(entrant.writer, file, events);
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
        open(entrant.writer, round, 0);
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
        final long seconds = entrant.warm ? settings.stalling().toSeconds() : 1;
        for (final long rate : STALL_RATES) {
            if (!entrant.warm && rate > STALL_RATES.get(0)) {
                continue; // a second at one rate warms up
            }
            final Path file = Files.createDirectory(round.resolve(Long.toString(rate)));
            final Reply offered = offer(entrant.writer, file, "offerLong", rate * seconds, rate);
            final Histogram growing = offered.histogram("longestGrowing");
            final Series figures = series.apply(rateLabel(rate));
            figures.add(offered.histogram("longest"));
            figures.add(Figure.GROWING, growing.getTotalCount());
            if (growing.getTotalCount() > 0) {
                figures.add(Figure.MAX_GROWING, growing.getMaxValue());
            }
        }
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
        open(entrant.writer, round, 1);
        final Reply idled = request(entrant.writer, "idle " + settings.idling().toMillis());
        request(entrant.writer, "close");
        series.apply("").add(Figure.CORE_SHARE, (double) idled.number("cpuNanos") / idled.number("nanos"));
    }

    private void writeAndReadSizes(final Entrant entrant, final Path round, final Function<String, Series> series)
            throws ChildException, InterruptedException, IOException {
        for (final long size : settings.sizes()) {
            if (!entrant.warm && size > settings.sizes().get(0)) {
                continue; // the short file warms up
            }
            final long events = size / EVENT_LENGTH;
            final Path file = Files.createDirectory(round.resolve(Long.toString(size)));
            final Reply written = writeWhole(entrant.writer, file, events);
            final Reply read = request(entrant.writer, "read " + file + " " + events + " true");
            BenchDirectory.delete(file);
            series.apply(sizeLabel(size))
                    .add(Figure.NANOS_PER_EVENT, (double) (written.number("nanos") + read.number("nanos")) / events);
        }
    }

    /** Whether a group is wanted, and there is space for its longest file. */
    private boolean hasSpace(final Group group, final long bytes) throws IOException {
        if (!settings.groups().contains(group)) {
            return false;
        }
        final long free = Files.getFileStore(directory.path()).getUsableSpace();
        if (free < bytes + bytes / 8) {
            results.note("The comparison of " + sizeLabel(bytes) + " files was left out: only " + sizeLabel(free)
                    + " are free");
            return false;
        }
        return true;
    }

    /** One round only, and the wall first: there is nothing to warm up where the device is the limit. */
    private void cold() throws IOException, InterruptedException {
        for (final Contestant contestant : contestants) {
            if (contestant.groups().contains(Group.COLD)) {
                say(Group.COLD + ": " + contestant.label());
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
