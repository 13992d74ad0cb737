package dev.evtl.journal.appender;

/**
 * What the config says to the appender.
 *
 * @param syncBytes        unforced bytes after which it forces; {@link Long#MAX_VALUE} for never
 * @param syncNanos        time after which it forces what is unforced; {@link Long#MAX_VALUE} for never
 * @param dropsWhenFull    whether events for which the file has no room are dropped and recorded, or end the journal
 * @param stuckClaimNanos  time after which a claim that holds up others is reported
 * @param closeTimeoutNanos time for which a close waits for such a claim
 * @param events           told of failures and of claims that are stuck or abandoned
 */
public record AppenderSettings(
        long syncBytes,
        long syncNanos,
        boolean dropsWhenFull,
        long stuckClaimNanos,
        long closeTimeoutNanos,
        AppenderEvents events) {}
