package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What processes that share counters in a ring file see of each other's state. */
class CountersTest {
    private final UnsafeBuffer memory = new UnsafeBuffer(new byte[4096]);
    private final Counters owner = Counters.reopen(memory);
    private final Counters attached = Counters.attach(memory);

    @ParameterizedTest
    @ValueSource(longs = {Counters.RUNNING, Counters.CLOSING, Counters.FAILED})
    void attachedGoesOnUnderTheNextOwner(final long state) {
        owner.run();
        assertTrue(attached.isRunning());
        owner.state(state);
        assertEquals(state, attached.state());
        Counters.reopen(memory).run();
        assertTrue(attached.isRunning());
    }

    /** A claim of it may have been passed over, and its place be another's. */
    @ParameterizedTest
    @ValueSource(longs = {Counters.CLOSED, Counters.FAILED_AND_CLOSED})
    void attachedStaysClosedWhenItsClaimsWereGivenUpOn(final long state) {
        owner.state(state);
        final Counters next = Counters.reopen(memory);
        next.run();
        assertFalse(attached.isRunning());
        assertTrue(attached.state() >= Counters.CLOSED);
        assertTrue(next.isRunning());
        assertTrue(Counters.attach(memory).isRunning());
    }

    @Test
    void ownerThatHasEndedSeesNothingOfTheNext() {
        owner.state(Counters.FAILED);
        owner.end(Counters.FAILED_AND_CLOSED);
        Counters.reopen(memory).run();
        assertFalse(owner.isRunning());
        assertEquals(Counters.FAILED_AND_CLOSED, owner.state());
        assertTrue(attached.isRunning());
    }

    @Test
    void dropsAreCountedAgainAfterAClose() {
        owner.add(Counters.DROPPED_BY_PRODUCERS, 3);
        owner.seal();
        owner.seal();
        assertTrue(owner.get(Counters.DROPPED_BY_PRODUCERS) < 0);
        assertEquals(3, owner.dropped());
        assertEquals(3, Counters.reopen(memory).get(Counters.DROPPED_BY_PRODUCERS));
    }
}
