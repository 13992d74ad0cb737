/** The verbs that make another journal of what journals hold. */
package dev.evtl.cli.copy;
