/** The verb that journals messages of another system, and the formats of such messages that it reads. */
package dev.evtl.cli.record;
