/** The verbs that say what a file is and what it holds. They never change it. */
package dev.evtl.cli.inspect;
