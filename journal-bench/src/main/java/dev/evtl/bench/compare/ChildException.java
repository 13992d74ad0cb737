package dev.evtl.bench.compare;

/** A contestant failed in its JVM, or its JVM did. */
final class ChildException extends Exception {
    private static final long serialVersionUID = 1;

    ChildException(final String message) {
        super(message);
    }
}
