package dev.evtl.bench.compare;

/** Threads of this process that want all the time of a core each, until they are ended. */
final class Neighbours {
    private volatile boolean ended;

    /**
     * Starts them.
     *
     * @param count of threads
     */
    Neighbours(final int count) {
        for (int i = 0; i < count; i++) {
            final Thread thread = new Thread(this::burn, "busy neighbour " + i);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void burn() {
        while (!ended) {
            // no Thread.onSpinWait(): a virtual machine's host may let others run instead
        }
    }

    void end() {
        ended = true;
    }
}
