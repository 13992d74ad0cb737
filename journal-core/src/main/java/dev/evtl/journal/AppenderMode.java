package dev.evtl.journal;

/**
 * Which threads run the appender, which moves events from the ring to the file. Order, accounting, what survives and
 * what readers see are the same for all.
 */
public enum AppenderMode {
    /**
     * A publishing thread moves its event, and those committed before it, as part of its commit, unless another thread
     * is at it, which then moves this one too. So an event is in the file when the commit returns, or soon after where
     * another thread was at it or the file had no space ready; {@link Journal#awaitJournaled} tells. No commit waits for
     * another thread, and no core is taken. A parked thread does what takes time: forces, which hold up no event here,
     * space, claims that are stuck, and events of other processes; to wake it is a system call. For {@link
     * StorageMode#MAPPED}, where all else needs none.
     */
    PUBLISHERS,
    /**
     * A thread of its own, where there is a core for it. Publishing threads only fill the ring. While it forces, events
     * wait there; they do not while a thread forces that waits in {@link Journal#sync}.
     */
    THREAD,
    /** The application's duty cycle, through {@link Journal#invoker}. */
    INVOKER
}
