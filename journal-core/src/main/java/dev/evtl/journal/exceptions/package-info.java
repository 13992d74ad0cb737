/**
 * What a journal can fail with. All are unchecked and name the file. They stand in a package of their own, below all that
 * throws them, so that packages import one way.
 */
package dev.evtl.journal.exceptions;
