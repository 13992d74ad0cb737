/**
 * Reads journals back: a reader that follows a file in place, filters, and a dispatcher that hands events to several
 * consumers. Nothing is allocated for an event.
 */
package dev.evtl.replay;
