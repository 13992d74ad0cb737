/** Streams and terminals: what the command reads from and prints to, and how a table, JSON and progress look there. */
package dev.evtl.cli.console;
