/**
 * The ring between the publishing threads and the appender, in memory or in a file that several processes map. It knows
 * events but not the journal's file. Internal: applications do not use this package, and it may change with any
 * version.
 *
 * <p>Imports go one way within this package too. At the bottom are {@link dev.evtl.journal.ring.RingLayout} and {@link
 * dev.evtl.journal.ring.RecordType}. Then come {@link dev.evtl.journal.ring.RingRecord}, the counters, the checkpoint,
 * slots and locks; then producers, consumer, {@link dev.evtl.journal.ring.OrphanedClaims} and checks; then {@link
 * dev.evtl.journal.ring.JournalRing}. {@link dev.evtl.journal.ring.RingFile} and {@link
 * dev.evtl.journal.ring.RingFiles} are at the top.
 */
package dev.evtl.journal.ring;
