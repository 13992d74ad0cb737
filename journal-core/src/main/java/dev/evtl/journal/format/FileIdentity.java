package dev.evtl.journal.format;

/**
 * Identifies a journal file, whatever its name, by fields of its header that never change.
 *
 * @param createdAt      nanoseconds since the Unix epoch
 * @param headerChecksum of the file
 */
public record FileIdentity(long createdAt, int headerChecksum) {}
