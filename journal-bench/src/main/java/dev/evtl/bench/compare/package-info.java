/**
 * The comparison of the journal with its walls and its peers: contestants in JVMs of their own, rounds that interleave
 * them, and a report of medians with their spread.
 */
package dev.evtl.bench.compare;
