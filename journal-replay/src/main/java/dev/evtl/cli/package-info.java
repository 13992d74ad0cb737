/**
 * The {@code evtl} command, thin over the API. It knows its verbs, which are in the packages below and know nothing of
 * it: {@code stress}, {@code record}, {@code cat} and {@code replay} in a package each, the verbs that only look at a
 * file in {@code inspect}, and those that mend one in {@code repair}. What verbs share is in {@code verb} and
 * {@code console}. Streams are injected and exit codes returned; only {@link dev.evtl.cli.Evtl#main} ends the process.
 */
package dev.evtl.cli;
