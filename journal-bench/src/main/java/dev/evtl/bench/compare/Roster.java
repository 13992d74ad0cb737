package dev.evtl.bench.compare;

import dev.evtl.bench.EventTarget;
import dev.evtl.bench.ForceTarget;
import dev.evtl.bench.JournalSource;
import dev.evtl.bench.JournalTarget;
import dev.evtl.bench.MappedSource;
import dev.evtl.bench.MappedTarget;
import dev.evtl.bench.PromisingTarget;
import dev.evtl.bench.RawSource;
import dev.evtl.bench.RawTarget;
import dev.evtl.journal.AppenderMode;
import dev.evtl.journal.BackPressure;
import dev.evtl.journal.Journal;
import dev.evtl.journal.JournalConfig;
import dev.evtl.journal.StorageMode;
import dev.evtl.journal.SyncPolicy;
import dev.evtl.journal.format.FileHeader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.ServiceLoader;
import java.util.Set;
import org.agrona.concurrent.YieldingIdleStrategy;

/** Who takes part: the walls, the journal, and the peers if the build has them. */
final class Roster {
    static final String WALL = "wall";
    static final String PROMISING_WALL = "wall-promising";
    static final String EACH = "evtl-each";
    static final String EACH_UNCHECKED = "evtl-each-unchecked";
    static final String BATCH = "evtl-batch";
    static final String BATCH_UNCHECKED = "evtl-batch-unchecked";
    static final String PUBLISHERS = "evtl-publishers-1-1";
    static final String DIRECT = "evtl-each-direct";
    static final String TWO_PRODUCERS = "evtl-2-producers";
    static final String FOUR_PRODUCERS = "evtl-4-producers";
    static final String VERIFIED = "evtl-verified";
    static final String UNVERIFIED = "evtl-unverified";
    static final String FORCE = "force";
    static final String SYNC = "evtl-sync";
    static final String SYNC_MAPPED = "evtl-sync-mapped";
    static final String SYNC_1 = "evtl-sync-1";
    static final String SYNC_2 = "evtl-sync-2";
    static final String SYNC_4 = "evtl-sync-4";
    static final String SYNC_8 = "evtl-sync-8";
    static final String RAW = "raw";
    static final String SIZE = "evtl-size";
    static final String COLD = "evtl-cold";

    /** In which THREAD and PUBLISHERS stand beside each other. */
    private static final Set<Group> BOTH_MODES = EnumSet.of(
            Group.WRITE,
            Group.FIRST_TOUCH,
            Group.BUSY,
            Group.CALLER,
            Group.VISIBLE,
            Group.STALL,
            Group.BESIDE_SYNC,
            Group.IDLE);

    private static final int PAYLOAD_LENGTH = Contestant.PAYLOAD_LENGTH;
    private static final int RAW_EVENTS_PER_CALL = (1 << 20) / 80;

    private Roster() {}

    static List<Contestant> all() {
        final List<Contestant> all = new ArrayList<>();
        all.add(new Contestant(
                WALL,
                "wall: plain loop over a mapping",
                Role.WALL,
                EnumSet.of(Group.WRITE, Group.FIRST_TOUCH, Group.READ, Group.CALLER),
                1,
                List.of(),
                (directory, events) -> new MappedTarget(file(directory), events, PAYLOAD_LENGTH),
                directory -> new MappedSource(file(directory), 0)));
        all.add(new Contestant(
                PROMISING_WALL,
                "wall: the same with checksums, each event published, space prepared meanwhile",
                Role.WALL,
                EnumSet.of(Group.WRITE),
                1,
                List.of(),
                (directory, events) -> new PromisingTarget(file(directory), events, PAYLOAD_LENGTH),
                directory -> new MappedSource(file(directory), FileHeader.LENGTH)));
        all.add(new Contestant(
                RAW,
                "wall: plain write() and read() of 1 MiB",
                Role.WALL,
                EnumSet.of(Group.WRITE, Group.FIRST_TOUCH, Group.COLD),
                1,
                List.of(),
                (directory, events) -> new RawTarget(file(directory), PAYLOAD_LENGTH, RAW_EVENTS_PER_CALL),
                directory -> new RawSource(file(directory), PAYLOAD_LENGTH, RAW_EVENTS_PER_CALL)));
        all.add(writer(EACH, "EVTL, a claim each", 1, 1, true, BOTH_MODES));
        all.add(writer(EACH_UNCHECKED, "EVTL, a claim each, no checksums", 1, 1, false, EnumSet.of(Group.WRITE)));
        all.add(writer(BATCH, "EVTL, 64 events a claim", 1, 64, true, EnumSet.of(Group.WRITE)));
        all.add(writer(
                BATCH_UNCHECKED, "EVTL, 64 events a claim, no checksums", 1, 64, false, EnumSet.of(Group.WRITE)));
        all.add(new Contestant(
                "evtl-batch-unchecked-ready",
                "EVTL, 64 events a claim, no checksums, all space made ready",
                Role.JOURNAL,
                EnumSet.of(Group.WRITE),
                1,
                List.of(),
                (directory, events) -> open(
                        directory,
                        config(JournalConfig.builder()
                                .checksums(false)
                                .initialSize(FileHeader.LENGTH + events * Comparison.EVENT_LENGTH)),
                        64),
                directory -> new JournalSource(file(directory), true)));
        all.add(writer(TWO_PRODUCERS, "EVTL, a claim each, 2 producers", 2, 1, true, EnumSet.of(Group.WRITE)));
        all.add(writer(FOUR_PRODUCERS, "EVTL, a claim each, 4 producers", 4, 1, true, EnumSet.of(Group.WRITE)));
        all.add(publishing(1, 1, BOTH_MODES));
        all.add(publishing(1, 64, EnumSet.of(Group.WRITE)));
        all.add(publishing(2, 1, EnumSet.of(Group.WRITE)));
        all.add(publishing(4, 1, EnumSet.of(Group.WRITE)));
        for (final StorageMode mode : List.of(StorageMode.WRITE, StorageMode.DIRECT)) {
            all.add(journal(
                    "evtl-each-" + mode.name().toLowerCase(Locale.ROOT),
                    "EVTL, " + mode + ", a claim each",
                    1,
                    1,
                    EnumSet.of(Group.WRITE, Group.CALLER),
                    JournalConfig.builder().storage(mode),
                    true));
        }
        all.add(journal(
                "evtl-each-yielding",
                "EVTL, a claim each, the appender yielding",
                1,
                1,
                EnumSet.of(Group.VISIBLE),
                JournalConfig.builder().idleStrategy(new YieldingIdleStrategy()),
                true));
        all.add(reader(VERIFIED, "EVTL, every event verified", true, EnumSet.of(Group.READ)));
        all.add(reader(UNVERIFIED, "EVTL, not verified", false, EnumSet.of(Group.READ)));
        all.add(new Contestant(
                FORCE,
                "wall: write of 4 KiB and force",
                Role.WALL,
                EnumSet.of(Group.SYNC),
                1,
                List.of(),
                (directory, events) -> new ForceTarget(file(directory)),
                directory -> {
                    throw new UnsupportedOperationException("no events are written");
                }));
        all.add(syncer(SYNC, "EVTL, WRITE, sync() after each event", 1, StorageMode.WRITE, SyncPolicy.NONE));
        all.add(syncer(SYNC_MAPPED, "EVTL, MAPPED, sync() after each event", 1, StorageMode.MAPPED, SyncPolicy.NONE));
        all.add(syncer(
                "evtl-sync-direct", "EVTL, DIRECT, sync() after each event", 1, StorageMode.DIRECT, SyncPolicy.NONE));
        all.add(batchSyncer(SYNC_1, 1));
        all.add(batchSyncer(SYNC_2, 2));
        all.add(batchSyncer(SYNC_4, 4));
        all.add(batchSyncer(SYNC_8, 8));
        all.add(writer(SIZE, "EVTL, a claim each", 1, 1, true, EnumSet.of(Group.SIZE)));
        all.add(writer(COLD, "EVTL, 64 events a claim", 1, 64, true, EnumSet.of(Group.COLD)));
        all.add(reader("evtl-cold-unverified", "EVTL, 64 events a claim, not verified", false, EnumSet.of(Group.COLD)));
        peers().forEach(peers -> all.addAll(peers.contestants()));
        return all;
    }

    /** What the build has of them: one, or none. */
    static ServiceLoader<Peers> peers() {
        return ServiceLoader.load(Peers.class);
    }

    static Contestant find(final String id) {
        return all().stream()
                .filter(c -> c.id().equals(id))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no contestant " + id));
    }

    private static Contestant writer(
            final String id,
            final String label,
            final int producers,
            final int eventsPerClaim,
            final boolean checksums,
            final Set<Group> groups) {
        return journal(
                id,
                label,
                producers,
                eventsPerClaim,
                groups,
                JournalConfig.builder().checksums(checksums),
                true);
    }

    private static Contestant publishing(final int producers, final int eventsPerClaim, final Set<Group> groups) {
        return journal(
                "evtl-publishers-" + producers + "-" + eventsPerClaim,
                "EVTL, PUBLISHERS, " + (eventsPerClaim == 1 ? "a claim each" : eventsPerClaim + " events a claim")
                        + (producers == 1 ? "" : ", " + producers + " producers"),
                producers,
                eventsPerClaim,
                groups,
                JournalConfig.builder().appenderMode(AppenderMode.PUBLISHERS),
                true);
    }

    private static Contestant reader(
            final String id, final String label, final boolean verify, final Set<Group> groups) {
        return journal(id, label, 1, 64, groups, JournalConfig.builder(), verify);
    }

    private static Contestant batchSyncer(final String id, final int producers) {
        final String label = "EVTL, WRITE, EVERY_BATCH, " + producers + (producers == 1 ? " producer" : " producers");
        return syncer(id, label + " in sync()", producers, StorageMode.WRITE, SyncPolicy.EVERY_BATCH);
    }

    private static Contestant syncer(
            final String id,
            final String label,
            final int producers,
            final StorageMode storage,
            final SyncPolicy policy) {
        return journal(
                id,
                label,
                producers,
                1,
                EnumSet.of(Group.SYNC),
                JournalConfig.builder().storage(storage).syncPolicy(policy),
                true);
    }

    private static Contestant journal(
            final String id,
            final String label,
            final int producers,
            final int eventsPerClaim,
            final Set<Group> groups,
            final JournalConfig.Builder config,
            final boolean verify) {
        return new Contestant(
                id,
                label,
                Role.JOURNAL,
                groups,
                producers,
                List.of(),
                (directory, events) -> open(directory, config(config), eventsPerClaim),
                directory -> new JournalSource(file(directory), verify));
    }

    private static JournalConfig config(final JournalConfig.Builder config) {
        return config.backPressure(BackPressure.BLOCK).build();
    }

    private static EventTarget open(final Path directory, final JournalConfig config, final int eventsPerClaim) {
        return new JournalTarget(Journal.open(file(directory), config), PAYLOAD_LENGTH, eventsPerClaim);
    }

    static Path file(final Path directory) {
        return directory.resolve("journal.evtl");
    }
}
