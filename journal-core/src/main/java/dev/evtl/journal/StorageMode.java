package dev.evtl.journal;

/** How events get into the file. The file, its recovery and what its readers see are the same for all. */
public enum StorageMode {
    /** Stores into a mapping of the file. This has the highest throughput, and publishing needs no system call. */
    MAPPED,
    /** Writes each batch into the page cache. A force costs a third of what it costs after stores into a mapping. */
    WRITE,
    /**
     * Writes each batch past the page cache, in aligned blocks, for journals that must not take the cache from others.
     * With {@code SyncPolicy.EVERY_BATCH}, each write is on the device when it returns.
     */
    DIRECT
}
