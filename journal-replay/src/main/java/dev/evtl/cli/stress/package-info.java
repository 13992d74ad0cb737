/** The verb that writes events as fast as it can or at a rate, reads them back, and compares each with what was written. */
package dev.evtl.cli.stress;
