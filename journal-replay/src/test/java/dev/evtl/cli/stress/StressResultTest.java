package dev.evtl.cli.stress;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.evtl.cli.stress.StressResult.Accounting;
import dev.evtl.cli.stress.StressResult.Allocation;
import java.util.List;
import org.junit.jupiter.api.Test;

class StressResultTest {
    @Test
    void accountingThatAddsUpHasNoProblems() {
        assertEquals(List.of(), accounting(10, 5, 3, 2, 5, 0, 3).problems());
    }

    @Test
    void lostEventIsAProblem() {
        assertEquals(
                List.of("offered 11 is not journaled 5 + dropped 3 + refused 2"),
                accounting(11, 5, 3, 2, 5, 0, 3).problems());
    }

    @Test
    void eventNotReplayedIsAProblem() {
        assertEquals(
                List.of("replayed 4 is not journaled 5"),
                accounting(10, 5, 3, 2, 4, 0, 3).problems());
    }

    @Test
    void dropThatNoGapRecordsIsAProblem() {
        assertEquals(
                List.of("gaps say that 2 were dropped, not 3"),
                accounting(10, 5, 3, 2, 5, 0, 2).problems());
    }

    @Test
    void mismatchIsAProblem() {
        assertEquals(
                List.of("mismatched 1: what"), accounting(10, 5, 3, 2, 5, 1, 3).problems());
    }

    @Test
    void figuresAreMediansAndAccountingIsOfTheMiddleRound() {
        final StressResult median = StressResult.median(List.of(result(1, 30), result(3, 10), result(2, 20)));
        assertEquals(2, median.eventsPerSecond());
        assertEquals(2, median.accounting().offered());
        assertEquals(20, median.replayEventsPerSecond());
        assertEquals(20, median.allocation().replay());
    }

    @Test
    void medianOfWhatIsAllocatedIsThatOfTheSums() {
        final StressResult median = StressResult.median(List.of(
                result(Allocation.of(1, 0, 0)), result(Allocation.of(0, 2, 0)), result(Allocation.of(0, 0, 3))));
        assertEquals(2, median.allocation().total());
    }

    @Test
    void medianOfTwoIsHalfwayAndItsAccountingIsOfOne() {
        final StressResult median = StressResult.median(List.of(result(4, 30), result(1, 10)));
        assertEquals(2.5, median.eventsPerSecond());
        assertEquals(1, median.accounting().offered());
        assertEquals(20, median.replayEventsPerSecond());
    }

    private static Accounting accounting(
            final long offered,
            final long journaled,
            final long dropped,
            final long refused,
            final long replayed,
            final long mismatched,
            final long droppedInGaps) {
        return new Accounting(offered, journaled, dropped, refused, replayed, mismatched, droppedInGaps, 0, 0, "what");
    }

    private static StressResult result(final Allocation allocation) {
        return result(1, 1, allocation);
    }

    private static StressResult result(final int eventsPerSecond, final double replayEventsPerSecond) {
        return result(eventsPerSecond, replayEventsPerSecond, Allocation.of(0, 0, replayEventsPerSecond));
    }

    private static StressResult result(
            final int eventsPerSecond, final double replayEventsPerSecond, final Allocation allocation) {
        return new StressResult(
                accounting(eventsPerSecond, eventsPerSecond, 0, 0, eventsPerSecond, 0, 0),
                1,
                eventsPerSecond,
                0,
                1,
                replayEventsPerSecond,
                allocation,
                0,
                0,
                0,
                0);
    }
}
