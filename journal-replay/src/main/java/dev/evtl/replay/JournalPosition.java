package dev.evtl.replay;

/**
 * A place in a journal, before an event or at the end: what {@link JournalReader#position} gives, an application may keep,
 * and {@link JournalReader#seek} and {@link ReaderConfig.Builder#startAtPosition} go to.
 *
 * @param fileSequence sequence number of the first event of the file, which tells the files of a journal apart
 * @param offset       bytes from the start of that file to the event
 * @param sequence     number of the event, or of the next one to come
 */
public record JournalPosition(long fileSequence, long offset, long sequence) {}
