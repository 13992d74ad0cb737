package dev.evtl.journal.storage;

import dev.evtl.journal.storage.JournalScan.Condition;
import java.nio.file.Path;

/**
 * What opening a journal for append found and did.
 *
 * <p>What a ring file brings in is appended after the file was recovered: {@code events} and {@code validEnd} do not
 * count it.
 *
 * @param condition   what the file was: clean, unclosed, torn or lost
 * @param events      events kept, the journal's own included
 * @param validEnd    where they end
 * @param bytesZeroed bytes after the valid end that were not an event and are zeros now
 * @param reason      one line
 * @param ringEvents  events accepted into the ring file that were not in the file, and are brought in
 * @param claimsLeft  claims in the ring file that were never committed and whose process has died: they are left out
 * @param setAside    a ring file of an earlier boot of the machine, whose content promises nothing, under its new name;
 *                    null if there was none
 */
public record RecoveryReport(
        Condition condition,
        long events,
        long validEnd,
        long bytesZeroed,
        String reason,
        long ringEvents,
        int claimsLeft,
        Path setAside) {}
