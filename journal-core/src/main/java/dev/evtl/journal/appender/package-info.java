/**
 * The one writer of a journal: takes claims from the ring, has a storage copy them, publishes and forces. Internal:
 * applications do not use this package, and it may change with any version.
 */
package dev.evtl.journal.appender;
