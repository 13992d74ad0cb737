/**
 * The journal as applications use it: open it, publish events from any thread, sync, read its statistics, close it.
 *
 * <p>Producers claim space in a ring buffer, fill it in place and commit; one appender thread copies what was committed
 * to the file, in the order of the claims, and publishes it. The write to the ring and the write to the file are both
 * ordered by a release store that the other side reads with acquire semantics: what a reader can see is complete.
 *
 * <p>Results on the hot path are codes; exceptions are for what is wrong. Nothing is allocated for an event.
 */
package dev.evtl.journal;
