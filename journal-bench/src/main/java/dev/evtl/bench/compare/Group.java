package dev.evtl.bench.compare;

/** What is compared with each other, in rounds of their own. */
public enum Group {
    /** From the first claim until all is in the file. */
    WRITE,
    /** From the opening until all is in the file, which takes pages that the machine must find first. */
    FIRST_TOUCH,
    /** As {@link #WRITE}, while others want the same cores. */
    BUSY,
    /** All events of a file that lies in the page cache. */
    READ,
    /** At fixed rates: the caller's time for an event. */
    CALLER,
    /** At fixed rates: until a reader in another process has seen an event. */
    VISIBLE,
    /** At a fixed rate for long: the longest of the caller's times in each second. */
    STALL,
    /** Each event forced to the device before the next. */
    SYNC,
    /** At a fixed rate: the caller's time for an event, alone and while another thread forces without pause. */
    BESIDE_SYNC,
    /** Open, and nothing is published. */
    IDLE,
    /** A long file against a short one. */
    SIZE,
    /** A file much longer than memory, written, forced, and read from the device. */
    COLD
}
