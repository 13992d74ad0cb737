/**
 * The journal as applications use it: open it, publish events from any thread, sync, read its statistics, close it.
 *
 * <h2>Publishing</h2>
 *
 * <p>A thread claims room for an event in the ring, fills it in place and commits. What is between claim and commit may
 * throw: a claim that stays open holds up all that is claimed after it, so it is aborted then.
 *
 * <pre>{@code
 * final Claim claim = publisher.newClaim(); // one for each thread, used again and again
 *
 * if (publisher.tryClaim(claim, TRADE, encoder.maxLength()) > 0) {
 *     try {
 *         final int length = encoder.encode(trade, claim.buffer());
 *         claim.commit(length);
 *     } catch (final RuntimeException e) {
 *         claim.abort();
 *         throw e;
 *     }
 * }
 * }</pre>
 *
 * <p>{@code try (claim) { ... }} does the same in fewer words, as closing aborts what was not committed. Results on this
 * path are codes; exceptions are for what is wrong. Nothing is allocated for an event, nothing locks, and nothing waits but
 * under {@link dev.evtl.journal.BackPressure#BLOCK}.
 *
 * <h2>Memory model</h2>
 *
 * <p>Each hand-over is one store with release semantics that the other side loads with acquire semantics; what was stored
 * before the one is seen after the other:
 *
 * <ul>
 *   <li>A commit stores the record's length. The appender loads it before it copies the events: it sees all that the
 *       publishing thread stored into its claim, and all that happened before.
 *   <li>The appender stores the journal's write_offset after the events and their count. A reader, in this or another
 *       process, loads it first: every event before it is complete.
 *   <li>The appender zeroes what it took and stores the ring's head. A publishing thread loads it before it claims there: it
 *       finds zeros.
 *   <li>The state of the journal is stored before a close looks at the ring, and a publishing thread loads it after it has
 *       claimed, with a full fence in between: either the close sees the claim or the thread sees the close.
 *   <li>A position that publishing returned is before the ring's head once the event is in the file. Counters are each
 *       stored with release semantics, but no two of them are read at one instant.
 * </ul>
 *
 * <p>So between two threads that publish, and have no other way to tell who was first, the order in the journal is the
 * order in which they claimed; what one thread publishes is in the order of its program.
 *
 * <h2>Several processes</h2>
 *
 * <p>With a ring file the ring and the counters lie in a file that several processes map. One has the journal open and
 * runs the appender, the others publish, see {@link dev.evtl.journal.Journal#attach}. What was accepted is in that file,
 * so it outlives the processes: opening the journal again goes on where its appender was stopped.
 *
 * <h2>Words</h2>
 *
 * <p>A <em>position</em> is a place in the order of a journal that can be waited for; an <em>offset</em> is a number of
 * bytes from the start of a file.
 */
package dev.evtl.journal;
