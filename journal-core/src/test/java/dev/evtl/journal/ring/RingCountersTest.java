package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What processes that share counters in a ring file see of each other's state. */
class RingCountersTest {
    private final UnsafeBuffer memory = new UnsafeBuffer(new byte[4096]);
    private final RingCounters owner = RingCounters.reopen(memory);
    private final RingCounters attached = RingCounters.attach(memory);

    @ParameterizedTest
    @ValueSource(longs = {RingCounters.RUNNING, RingCounters.CLOSING, RingCounters.FAILED})
    void attachedGoesOnUnderTheNextOwner(final long state) {
        owner.run();
        assertTrue(attached.isRunning());
        owner.state(state);
        assertEquals(state, attached.state());
        RingCounters.reopen(memory).run();
        assertTrue(attached.isRunning());
    }

    /** A claim of it may have been passed over, and its place be another's. */
    @ParameterizedTest
    @ValueSource(longs = {RingCounters.CLOSED, RingCounters.FAILED_AND_CLOSED})
    void attachedStaysClosedWhenItsClaimsWereGivenUpOn(final long state) {
        owner.state(state);
        final RingCounters next = RingCounters.reopen(memory);
        next.run();
        assertFalse(attached.isRunning());
        assertTrue(attached.state() >= RingCounters.CLOSED);
        assertTrue(next.isRunning());
        assertTrue(RingCounters.attach(memory).isRunning());
    }

    @Test
    void ownerThatHasEndedSeesNothingOfTheNext() {
        owner.state(RingCounters.FAILED);
        owner.end(RingCounters.FAILED_AND_CLOSED);
        RingCounters.reopen(memory).run();
        assertFalse(owner.isRunning());
        assertEquals(RingCounters.FAILED_AND_CLOSED, owner.state());
        assertTrue(attached.isRunning());
    }

    @Test
    void dropsAreCountedAgainAfterAClose() {
        owner.add(RingCounters.DROPPED_BY_PRODUCERS, 3);
        owner.seal();
        owner.seal();
        assertTrue(owner.get(RingCounters.DROPPED_BY_PRODUCERS) < 0);
        assertEquals(3, owner.dropped());
        assertEquals(3, RingCounters.reopen(memory).get(RingCounters.DROPPED_BY_PRODUCERS));
    }
}
