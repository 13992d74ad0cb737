/**
 * The {@code evtl} command: each verb is a class, thin over the API. Streams are injected and exit codes returned; only
 * {@link dev.evtl.replay.cli.Evtl#main} ends the process.
 */
package dev.evtl.replay.cli;
