/**
 * The parts of opening, recovering and salvaging a journal: comparing the ring with the file, keeping what is cut off,
 * and finding events after damage. Internal: applications do not use this package, and it may change with any version.
 */
package dev.evtl.journal.recovery;
