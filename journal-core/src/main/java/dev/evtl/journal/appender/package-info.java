/**
 * The one writer of a journal: takes claims from the ring, has a storage copy them, publishes and forces. Internal: no
 * application uses what is here, and it may change with any version.
 */
package dev.evtl.journal.appender;
