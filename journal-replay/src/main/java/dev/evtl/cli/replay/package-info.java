/** The verb that hands a journal's events to consumers, and the consumers that it knows. */
package dev.evtl.cli.replay;
