package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;

class RollTimesTest {
    private static final ZoneId NEW_YORK = ZoneId.of("America/New_York");

    private static String next(final RollTimes times, final String after) {
        final Instant instant = Instant.parse(after);
        final long next = times.next(instant.getEpochSecond() * 1_000_000_000L + instant.getNano());
        return Instant.ofEpochSecond(next / 1_000_000_000L, next % 1_000_000_000L)
                .toString();
    }

    @Test
    void dailyTimeIsThatOfItsZone() {
        final RollTimes close = RollTimes.daily(LocalTime.of(16, 0), NEW_YORK);
        assertEquals("2026-07-01T20:00:00Z", next(close, "2026-07-01T19:59:59.999999999Z"));
        assertEquals("2026-07-02T20:00:00Z", next(close, "2026-07-01T20:00:00Z"));
        assertEquals("2026-12-01T21:00:00Z", next(close, "2026-12-01T00:00:00Z"));
    }

    /** On 2026-03-08 clocks go from 2:00 to 3:00. */
    @Test
    void timeThatADaySkipsComesLaterOnThatDay() {
        final RollTimes night = RollTimes.daily(LocalTime.of(2, 30), NEW_YORK);
        assertEquals("2026-03-08T07:30:00Z", next(night, "2026-03-08T05:00:00Z"));
        assertEquals("2026-03-09T06:30:00Z", next(night, "2026-03-08T07:30:00Z"));
    }

    /** On 2026-11-01 clocks go from 2:00 back to 1:00. */
    @Test
    void timeThatComesTwiceOnADayIsOneTime() {
        final RollTimes night = RollTimes.daily(LocalTime.of(1, 30), NEW_YORK);
        assertEquals("2026-11-01T05:30:00Z", next(night, "2026-11-01T05:00:00Z"));
        assertEquals("2026-11-02T06:30:00Z", next(night, "2026-11-01T05:30:00Z"));
        assertEquals("2026-11-02T06:30:00Z", next(night, "2026-11-01T06:00:00Z"));
    }

    @Test
    void hoursGoOnWhereOneComesTwice() {
        final RollTimes hourly = RollTimes.hourly(NEW_YORK);
        assertEquals("2026-11-01T06:00:00Z", next(hourly, "2026-11-01T05:00:00Z"));
        assertEquals("2026-11-01T07:00:00Z", next(hourly, "2026-11-01T06:00:00Z"));
        assertEquals("2026-03-08T07:00:00Z", next(hourly, "2026-03-08T06:10:00Z"));
    }

    @Test
    void weeklyTimeIsOnItsDay() {
        final RollTimes friday = RollTimes.weekly(DayOfWeek.FRIDAY, LocalTime.of(17, 0), NEW_YORK);
        assertEquals("2026-11-27T22:00:00Z", next(friday, "2026-11-27T21:59:00Z"));
        assertEquals("2026-12-04T22:00:00Z", next(friday, "2026-11-27T22:00:00Z"));
    }

    @Test
    void durationsAreCountedFromTheEpoch() {
        final RollTimes every = RollTimes.every(Duration.ofMinutes(15));
        assertEquals("2026-01-01T00:15:00Z", next(every, "2026-01-01T00:00:00Z"));
        assertEquals("2026-01-01T00:30:00Z", next(every, "2026-01-01T00:15:00Z"));
        assertEquals(
                "1969-12-31T23:45:00Z",
                Instant.ofEpochSecond(every.next(-901_000_000_000L) / 1_000_000_000L)
                        .toString());
        assertThrows(IllegalArgumentException.class, () -> RollTimes.every(Duration.ofMillis(999)));
    }

    @Test
    void thereIsAnEndToTime() {
        assertEquals(Long.MAX_VALUE, RollTimes.NONE.next(0));
        assertEquals(Long.MAX_VALUE, RollTimes.every(Duration.ofDays(40_000)).next(Long.MAX_VALUE - 1));
    }
}
