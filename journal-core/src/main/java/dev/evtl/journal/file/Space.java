package dev.evtl.journal.file;

import java.util.function.LongUnaryOperator;

/**
 * How much space a file gets.
 *
 * @param initial number of bytes allocated when the file is opened
 * @param growth  gives the next length for a length in bytes
 * @param maximum number of bytes that the file never exceeds
 */
public record Space(long initial, LongUnaryOperator growth, long maximum) {}
