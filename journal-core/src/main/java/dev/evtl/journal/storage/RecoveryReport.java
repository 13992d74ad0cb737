package dev.evtl.journal.storage;

import dev.evtl.journal.storage.JournalScan.Condition;

/**
 * What opening a journal for append found and did.
 *
 * @param condition   what the file was: clean, unclosed, torn or lost
 * @param events      events kept, the journal's own included
 * @param validEnd    where they end
 * @param bytesZeroed bytes after the valid end that were not an event and are zeros now
 * @param reason      one line
 */
public record RecoveryReport(Condition condition, long events, long validEnd, long bytesZeroed, String reason) {}
