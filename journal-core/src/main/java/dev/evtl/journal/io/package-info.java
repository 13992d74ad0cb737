/**
 * The calls that change files or bring them to the device, and the meaning of their failures. Internal: applications do
 * not use this package, and it may change with any version.
 */
package dev.evtl.journal.io;
