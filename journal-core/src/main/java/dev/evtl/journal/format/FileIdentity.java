package dev.evtl.journal.format;

/**
 * What tells one journal file from every other, whatever its name: the fields of its header that never change.
 *
 * @param createdAt      nanoseconds since the Unix epoch
 * @param headerChecksum of the file
 */
public record FileIdentity(long createdAt, int headerChecksum) {}
