/**
 * The journal as applications use it: open it, publish events from any thread, sync, read its statistics, close it.
 *
 * <h2>Publishing</h2>
 *
 * <p>A thread claims room for an event in the ring, fills it in place and commits. If the code in between
 * throws, the thread must abort the claim, because an open claim holds up everything that is claimed after it.
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
 * <p>{@code try (claim) { ... }} does the same in fewer words, because closing aborts what was not committed. Results
 * on this path are codes; exceptions report errors. Publishing allocates nothing for an event, takes no lock, and waits
 * only under {@link dev.evtl.journal.BackPressure#BLOCK}.
 *
 * <h2>Memory model</h2>
 *
 * <p>Each hand-over is one store with release semantics, which the other side loads with acquire semantics. What was
 * stored before that store is seen after that load:
 *
 * <ul>
 *   <li>A commit stores the record's length. The appender loads it before it copies the events, so it sees everything
 *       that the publishing thread stored into its claim, and everything that happened before.
 *   <li>The appender stores the journal's write_offset after the events and their count. A reader, in this or another
 *       process, loads it first, so every event before it is complete.
 *   <li>The appender zeroes what it took, unless there is a single producer, and stores the ring's head. A publishing
 *       thread loads the head before it claims there, so it finds zeros.
 *   <li>The state of the journal is stored before a close looks at the ring. A publishing thread loads it after it has
 *       claimed, with a full fence in between. So either the close sees the claim or the thread sees the close.
 *   <li>The ring's head reaches a position that publishing returned only after the event is in the file, unless the
 *       event was dropped there or the journal has failed. Each counter is stored with release semantics, but no two
 *       counters are read at one instant.
 * </ul>
 *
 * <p>So the events of one thread are in the journal in the order of its program, and those of several threads in the
 * order in which the threads claimed.
 *
 * <h2>Several processes</h2>
 *
 * <p>With a ring file, the ring and the counters lie in a file that several processes map. One process has the journal
 * open and runs the appender; the others publish, see {@link dev.evtl.journal.Journal#attach}. Accepted events are in
 * that file, so they outlive the processes: the next opening of the journal goes on where its appender was stopped.
 *
 * <h2>Words</h2>
 *
 * <p>A <em>position</em> is a place in the order of a journal that can be waited for; an <em>offset</em> is a number of
 * bytes from the start of a file.
 */
package dev.evtl.journal;
