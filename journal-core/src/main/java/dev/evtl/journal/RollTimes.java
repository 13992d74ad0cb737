package dev.evtl.journal;

import java.time.DayOfWeek;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;
import java.util.Objects;
import java.util.function.UnaryOperator;

/**
 * The times at which a journal of several files goes on to another file. Times of day are those of a zone, whose
 * daylight saving changes the length of some days: a time that is skipped on a day is as much later on that day, and one
 * that comes twice is meant when it comes first.
 */
public final class RollTimes {
    /** No time. */
    public static final RollTimes NONE = new RollTimes("never", null);

    private static final long NANOS = 1_000_000_000L;

    private final String name;
    private final UnaryOperator<Instant> next;

    private RollTimes(final String name, final UnaryOperator<Instant> next) {
        this.name = name;
        this.next = next;
    }

    /**
     * Returns the full hours of a zone.
     *
     * @param zone in which hours begin
     * @return the times
     */
    public static RollTimes hourly(final ZoneId zone) {
        Objects.requireNonNull(zone, "zone");
        return new RollTimes(
                "hourly in " + zone,
                after -> after.atZone(zone)
                        .truncatedTo(ChronoUnit.HOURS)
                        .plusHours(1)
                        .toInstant());
    }

    /**
     * Returns a time of each day, such as an exchange's close.
     *
     * @param time of the day
     * @param zone of the time
     * @return the times
     */
    public static RollTimes daily(final LocalTime time, final ZoneId zone) {
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(zone, "zone");
        return new RollTimes("daily at " + time + " in " + zone, after -> {
            final ZonedDateTime today =
                    after.atZone(zone).toLocalDate().atTime(time).atZone(zone);
            return (today.toInstant().isAfter(after)
                            ? today
                            : today.toLocalDate().plusDays(1).atTime(time).atZone(zone))
                    .toInstant();
        });
    }

    /**
     * Returns a time of one day of each week.
     *
     * @param day  of the week
     * @param time of that day
     * @param zone of the time
     * @return the times
     */
    public static RollTimes weekly(final DayOfWeek day, final LocalTime time, final ZoneId zone) {
        Objects.requireNonNull(day, "day");
        Objects.requireNonNull(time, "time");
        Objects.requireNonNull(zone, "zone");
        return new RollTimes("weekly on " + day + " at " + time + " in " + zone, after -> {
            final ZonedDateTime first = after.atZone(zone)
                    .toLocalDate()
                    .with(TemporalAdjusters.nextOrSame(day))
                    .atTime(time)
                    .atZone(zone);
            return (first.toInstant().isAfter(after)
                            ? first
                            : first.toLocalDate().plusWeeks(1).atTime(time).atZone(zone))
                    .toInstant();
        });
    }

    /**
     * Returns the multiples of a duration since the Unix epoch.
     *
     * @param duration between two times, a second or more
     * @return the times
     * @throws IllegalArgumentException if the duration is below a second
     */
    public static RollTimes every(final Duration duration) {
        Objects.requireNonNull(duration, "duration");
        if (duration.compareTo(Duration.ofSeconds(1)) < 0) {
            throw new IllegalArgumentException("roll every " + duration + " is more often than once a second");
        }
        final long seconds = duration.toSeconds();
        return new RollTimes(
                "every " + Duration.ofSeconds(seconds),
                after -> Instant.ofEpochSecond(
                        Math.multiplyExact(Math.floorDiv(after.getEpochSecond(), seconds) + 1, seconds)));
    }

    /**
     * Returns the first of the times after another.
     *
     * @param nanos since the Unix epoch
     * @return nanoseconds since the Unix epoch; the largest long if there is none that fits
     */
    public long next(final long nanos) {
        if (next == null) {
            return Long.MAX_VALUE;
        }
        try {
            final Instant instant =
                    next.apply(Instant.ofEpochSecond(Math.floorDiv(nanos, NANOS), Math.floorMod(nanos, NANOS)));
            return Math.addExact(Math.multiplyExact(instant.getEpochSecond(), NANOS), instant.getNano());
        } catch (final ArithmeticException e) {
            return Long.MAX_VALUE; // in the year 2262
        }
    }

    @Override
    public String toString() {
        return name;
    }
}
