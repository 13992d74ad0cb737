/** What the verbs share: how they are called, the options that several of them have, and how they read a journal. */
package dev.evtl.cli.verb;
