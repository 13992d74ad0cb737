package dev.evtl.bench.compare;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * How much is measured.
 *
 * @param groups         that are compared
 * @param rounds         counted; one more goes before them to warm up
 * @param longRounds     counted rounds of {@link Group#SIZE}
 * @param events         written, and read, in a round
 * @param rates          of events offered, per second
 * @param offering       how long events are offered at a rate
 * @param syncing        how long events are forced
 * @param stalling       how long events are offered to find the longest time
 * @param idling         how long nothing is published
 * @param sizes          of the files of {@link Group#SIZE}, in bytes
 * @param coldBytes      length of the file of {@link Group#COLD}
 * @param droppingCaches whether the page cache of the whole machine may be dropped before that file is read
 * @param timeout        within which a child must answer
 */
record Settings(
        Set<Group> groups,
        int rounds,
        int longRounds,
        long events,
        List<Long> rates,
        Duration offering,
        Duration syncing,
        Duration stalling,
        Duration idling,
        List<Long> sizes,
        long coldBytes,
        boolean droppingCaches,
        Duration timeout) {
    static final List<Long> RATES = List.of(5_000_000L, 1_000_000L, 100_000L);

    /** Ends in four minutes. */
    static Settings quick() {
        return new Settings(
                EnumSet.complementOf(EnumSet.of(Group.SIZE, Group.COLD)),
                5,
                0,
                2_000_000,
                RATES,
                Duration.ofMillis(300),
                Duration.ofMillis(200),
                Duration.ofSeconds(5),
                Duration.ofSeconds(2),
                List.of(),
                0,
                false,
                Duration.ofSeconds(60));
    }

    /** Ends in thirty minutes. */
    static Settings full() {
        return new Settings(
                EnumSet.allOf(Group.class),
                7,
                3,
                10_000_000,
                RATES,
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                Duration.ofMinutes(2),
                Duration.ofSeconds(10),
                List.of(1L << 30, 8L << 30),
                40L << 30,
                true,
                Duration.ofMinutes(10));
    }

    Settings withRounds(final int count) {
        return with(groups, count);
    }

    Settings withGroups(final Set<Group> some) {
        return with(some, rounds);
    }

    private Settings with(final Set<Group> some, final int count) {
        return new Settings(
                some,
                count,
                longRounds,
                events,
                rates,
                offering,
                syncing,
                stalling,
                idling,
                sizes,
                coldBytes,
                droppingCaches,
                timeout);
    }
}
