package dev.evtl.journal.appender;

/**
 * The settings of an appender.
 *
 * @param syncBytes         number of unforced bytes after which it forces; {@link Long#MAX_VALUE} for never
 * @param syncNanos         nanoseconds since the last force after which it forces unforced bytes; {@link
 *     Long#MAX_VALUE} for never
 * @param dropsWhenFull     whether events for which the file has no room are dropped and recorded; if not, the journal
 *     fails
 * @param stuckClaimNanos   nanoseconds after which a claim that holds up others is reported
 * @param closeTimeoutNanos nanoseconds for which a close waits for such a claim
 * @param events            receives reports of failures and of claims that are stuck or abandoned
 */
public record AppenderSettings(
        long syncBytes,
        long syncNanos,
        boolean dropsWhenFull,
        long stuckClaimNanos,
        long closeTimeoutNanos,
        AppenderEvents events) {}
