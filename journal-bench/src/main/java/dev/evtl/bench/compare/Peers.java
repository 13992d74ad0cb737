package dev.evtl.bench.compare;

import java.util.List;

/** The peers: a service that only a build with their Maven profile provides. */
public interface Peers {
    /**
     * The peers' contestants.
     *
     * @return the contestants
     */
    List<Contestant> contestants();

    /**
     * What a reader of the figures must know of them.
     *
     * @return a sentence each
     */
    List<String> notes();
}
