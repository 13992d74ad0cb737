package dev.evtl.replay;

/**
 * How far a reader is behind the end of its journal.
 *
 * @param events that are still to be read, the journal's own included
 * @param bytes  that they take in the journal's files
 */
public record Lag(long events, long bytes) {}
