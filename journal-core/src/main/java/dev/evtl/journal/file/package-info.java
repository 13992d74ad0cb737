/**
 * One journal file: the storages that write it, the view that readers follow it by, its header, and the lock that keeps a
 * second writer out. Knows nothing of the ring. Internal, but for {@link dev.evtl.journal.format.JournalHeader}: no
 * application uses what is here, and it may change with any version.
 */
package dev.evtl.journal.file;
