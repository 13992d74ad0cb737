/** The verb that shows a journal's events, in one of several formats. */
package dev.evtl.cli.cat;
