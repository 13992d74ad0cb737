/**
 * The journal as applications use it: open it, publish events from any thread, sync, read its statistics, close it.
 *
 * <p>Producers claim space in a ring buffer, fill it in place and commit; one appender thread copies what was committed
 * to the file, in the order of the claims, and publishes it. The write to the ring and the write to the file are both
 * ordered by a release store that the other side reads with acquire semantics: what a reader can see is complete.
 *
 * <p>With a ring file the ring and the counters lie in a file that several processes map. One has the journal open and
 * runs the appender, the others publish, see {@link dev.evtl.journal.Journal#attach}. What was accepted is in that file,
 * so it outlives the processes: opening the journal again goes on where its appender was stopped.
 *
 * <p>Results on the hot path are codes; exceptions are for what is wrong. Nothing is allocated for an event.
 */
package dev.evtl.journal;
