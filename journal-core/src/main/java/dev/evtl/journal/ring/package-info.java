/**
 * The ring between the publishing threads and the appender, in memory or in a file that several processes map. Knows
 * events and nothing of the journal's file. Internal: no application uses what is here, and it may change with any version.
 *
 * <p>Imports run one way here too: {@link dev.evtl.journal.ring.RingLayout} and {@link
 * dev.evtl.journal.ring.RecordType}; {@link dev.evtl.journal.ring.RingRecord}, the counters, the checkpoint, slots and
 * locks over them; producers, consumer, {@link dev.evtl.journal.ring.OrphanedClaims} and checks over these; {@link
 * dev.evtl.journal.ring.JournalRing} over all; {@link dev.evtl.journal.ring.RingFile} and {@link
 * dev.evtl.journal.ring.RingFiles} at the top.
 */
package dev.evtl.journal.ring;
