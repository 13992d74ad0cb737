package dev.evtl.journal.storage;

/**
 * How much space a file gets.
 *
 * @param initial bytes allocated when it is opened
 * @param growth  how it grows after that
 * @param maximum bytes it never exceeds
 */
public record Space(long initial, Growth growth, long maximum) {}
