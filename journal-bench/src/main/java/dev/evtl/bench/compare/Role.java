package dev.evtl.bench.compare;

/** What a contestant is in the comparison. */
public enum Role {
    /** What the machine can do. */
    WALL,
    /** The journal of this project. */
    JOURNAL,
    /** Another's. */
    PEER
}
