/** The verbs that mend a journal: as opening it for append would, or by making a new one of what is left. */
package dev.evtl.cli.repair;
