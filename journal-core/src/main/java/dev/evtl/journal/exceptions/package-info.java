/**
 * The exceptions that a journal throws. All are unchecked and name the file. They have a package of their own, below
 * all packages that throw them, so that imports go one way.
 */
package dev.evtl.journal.exceptions;
