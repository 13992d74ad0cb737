/**
 * The only code that opens, maps, grows, forces, locks, truncates or recovers a journal file.
 *
 * <p>The writer's side is {@link dev.evtl.journal.storage.JournalStorage}; the reader's side, which never changes a
 * file, is {@link dev.evtl.journal.storage.JournalView}, {@link dev.evtl.journal.storage.EventBlock} and
 * {@link dev.evtl.journal.storage.JournalScan}. {@link dev.evtl.journal.storage.JournalRecovery} and
 * {@link dev.evtl.journal.storage.JournalSalvage} do without the application what its next open would do or refuse. The
 * errors of files live here, below the API that passes them on, so
 * that packages import one way.
 */
package dev.evtl.journal.storage;
