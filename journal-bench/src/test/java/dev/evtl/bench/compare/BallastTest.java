package dev.evtl.bench.compare;

import static org.junit.jupiter.api.Assertions.assertFalse;

import org.junit.jupiter.api.Test;

class BallastTest {
    private static final long LIMIT = 128 << 20;

    @Test
    void noMoreIsTakenThanTheLimit() {
        try (Ballast ballast = new Ballast(LIMIT)) {
            ballast.warm(Long.MAX_VALUE);
            ballast.exhaust();
            ballast.exhaust();
        }
    }

    @Test
    void whatMayTakeNothingFindsNothing() {
        assertFalse(new Ballast(0).exhaust());
    }
}
