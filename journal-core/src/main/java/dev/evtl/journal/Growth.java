package dev.evtl.journal;

/**
 * How a file grows when its preallocated space runs out: by fixed steps or by doubling.
 *
 * @param step bytes of a step, or 0 for doubling
 */
public record Growth(long step) {
    /** Smallest step in bytes. */
    public static final int MIN_STEP = 4096;
    /** Largest step in bytes, 64 TiB, more than most file systems give one file. */
    public static final long MAX_STEP = 1L << 46;

    /** Doubles the file each time. */
    public static final Growth DOUBLING = new Growth(0);

    /**
     * Checks the step.
     *
     * @param step bytes of a step, or 0 for doubling
     * @throws IllegalArgumentException if the step is below a page or above {@link #MAX_STEP}
     */
    public Growth {
        if (step != 0) {
            checkStep(step);
        }
    }

    /**
     * Returns growth by fixed steps.
     *
     * @param bytes of a step, at least a page and at most {@link #MAX_STEP}
     * @return the growth
     * @throws IllegalArgumentException if the step is below a page or above {@link #MAX_STEP}
     */
    public static Growth steps(final long bytes) {
        checkStep(bytes);
        return new Growth(bytes);
    }

    private static void checkStep(final long bytes) {
        if (bytes < MIN_STEP) {
            throw new IllegalArgumentException("growth step " + bytes + " is below a page, " + MIN_STEP + " bytes");
        }
        if (bytes > MAX_STEP) {
            throw new IllegalArgumentException("growth step " + bytes + " is above " + MAX_STEP);
        }
    }

    long next(final long length) {
        return length + (step == 0 ? length : step);
    }

    @Override
    public String toString() {
        return step == 0 ? "doubling" : "steps of " + step + " bytes";
    }
}
