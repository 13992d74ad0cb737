/**
 * What opening, recovering and salvaging a journal are made of: comparing the ring with the file, keeping what is cut off,
 * finding events behind damage. Internal: no application uses what is here, and it may change with any version.
 */
package dev.evtl.journal.recovery;
