package dev.evtl.bench.compare;

/** What is compared with each other, in rounds of their own. */
public enum Group {
    /** From the first claim until all is in the file. */
    WRITE,
    /** All events of a file that lies in the page cache. */
    READ,
    /** At fixed rates: the caller's time for an event. */
    CALLER,
    /** At fixed rates: until a reader in another process has seen an event. */
    VISIBLE,
    /** Each event forced to the device before the next. */
    SYNC,
    /** A long file against a short one. */
    SIZE,
    /** A file much longer than memory, written, forced, and read from the device. */
    COLD
}
