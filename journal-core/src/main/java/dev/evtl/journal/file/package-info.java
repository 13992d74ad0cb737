/**
 * One journal file: the storages that write it, the view through which readers follow it, its index, and the lock that
 * keeps a second writer out. It does not know the ring. Internal: applications do not use this package, and it may change with
 * any version.
 */
package dev.evtl.journal.file;
