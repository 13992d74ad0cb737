package dev.evtl.journal;

/**
 * What a backup copied, and what the copy holds now.
 *
 * @param files         number of files of the copy
 * @param filesWritten  number of files that were made or got events
 * @param eventsCopied  number of events that were copied, the journal's own included
 * @param bytesCopied   bytes that they take
 * @param firstSequence number of the first event in the copy
 * @param nextSequence  number of the event after the last one in the copy
 */
public record BackupReport(
        int files, int filesWritten, long eventsCopied, long bytesCopied, long firstSequence, long nextSequence) {}
