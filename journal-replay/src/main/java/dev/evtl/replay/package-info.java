/**
 * Reads journals back: a reader that follows a file in place, filters, and a dispatcher that hands events to several
 * consumers. All of them pass on one {@link dev.evtl.replay.JournalEvent}, an event or a gap, shown where it lies: nothing
 * is allocated for an event. A <em>position</em> is a place in a journal that can be kept and gone back to; an
 * <em>offset</em> is bytes from the start of a file.
 */
package dev.evtl.replay;
