package dev.evtl.journal.file;

import java.util.function.LongUnaryOperator;

/**
 * How much space a file gets.
 *
 * @param initial bytes allocated when it is opened
 * @param growth  from one length to the next
 * @param maximum bytes it never exceeds
 */
public record Space(long initial, LongUnaryOperator growth, long maximum) {}
