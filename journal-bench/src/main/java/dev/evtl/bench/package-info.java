/**
 * JMH benchmarks of the journal and of the walls it is held against, and what they share with the comparison: the
 * events that are written, and the check of what is read back.
 */
package dev.evtl.bench;
