/**
 * Every call that changes a file or brings it to the device, and what its failures mean. Internal: no application uses
 * what is here, and it may change with any version.
 */
package dev.evtl.journal.io;
