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
 * @param fewRounds      counted rounds of {@link Group#FIRST_TOUCH} and {@link Group#BUSY}
 * @param longRounds     counted rounds of {@link Group#SIZE}
 * @param events         written, and read, in a round
 * @param callerRates    of events offered in {@link Group#CALLER}, per second
 * @param visibleRates   of events offered in {@link Group#VISIBLE}, per second
 * @param offering       how long events are offered at a rate
 * @param syncing        how long events are forced
 * @param stalling       how long events are offered to find the longest time
 * @param idling         how long nothing is published
 * @param sizes          of the files of {@link Group#SIZE}, in bytes
 * @param coldBytes      length of the file of {@link Group#COLD}
 * @param droppingCaches whether the page cache of the whole machine may be dropped before that file is read
 * @param ballast        most bytes of memory to take so that a turn gets warm pages, or fresh ones
 * @param timeout        within which a child must answer
 */
record Settings(
        Set<Group> groups,
        int rounds,
        int fewRounds,
        int longRounds,
        long events,
        List<Long> callerRates,
        List<Long> visibleRates,
        Duration offering,
        Duration syncing,
        Duration stalling,
        Duration idling,
        List<Long> sizes,
        long coldBytes,
        boolean droppingCaches,
        long ballast,
        Duration timeout) {
    private static final List<Long> RATES = List.of(5_000_000L, 1_000_000L, 100_000L);
    private static final List<Long> SIZES = List.of(1L << 30, 8L << 30);

    /** Ends in four minutes. */
    static Settings quick() {
        return new Settings(
                EnumSet.complementOf(EnumSet.of(Group.COLD)),
                5,
                3,
                1,
                1_000_000,
                List.of(1_000_000L),
                List.of(1_000_000L, 100_000L),
                Duration.ofMillis(200),
                Duration.ofMillis(100),
                Duration.ofSeconds(3),
                Duration.ofSeconds(2),
                SIZES,
                0,
                false,
                Long.MAX_VALUE,
                Duration.ofSeconds(60));
    }

    /** Ends in about an hour. */
    static Settings full() {
        return new Settings(
                EnumSet.allOf(Group.class),
                7,
                4,
                3,
                10_000_000,
                RATES,
                RATES,
                Duration.ofSeconds(2),
                Duration.ofSeconds(1),
                Duration.ofMinutes(2),
                Duration.ofSeconds(10),
                SIZES,
                40L << 30,
                true,
                Long.MAX_VALUE,
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
                fewRounds,
                longRounds,
                events,
                callerRates,
                visibleRates,
                offering,
                syncing,
                stalling,
                idling,
                sizes,
                coldBytes,
                droppingCaches,
                ballast,
                timeout);
    }
}
