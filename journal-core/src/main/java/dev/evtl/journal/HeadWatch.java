package dev.evtl.journal;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.storage.ClaimType;
import dev.evtl.journal.storage.DeadClaims;
import dev.evtl.journal.storage.JournalException;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.agrona.concurrent.AtomicBuffer;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;

/**
 * Sees a claim at the head of the ring that holds up those behind it: reports it, releases it if it is in a ring file
 * and its process has died, and gives up on it when the journal closes. For the appender.
 */
final class HeadWatch {
    /**
     * Idle cycles from one look at the ring's tail to the next: it only tells of a claim that was stopped before its
     * first store, and each look takes the line from the producers.
     */
    private static final int TAIL_LOOK_CYCLES = 1024;
    /** What a commit that was under way when claims were given up on needs at the most to become visible. */
    static final long GRACE_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    /** Time from one question who lives, a call of the operating system, to the next. */
    private static final long DEATH_LOOK_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private final RingBuffer ring;
    private final RingDrain drain;
    private final Counters counters;
    private final DeadClaims deadClaims;
    private final Path path;
    private final Consumer<Throwable> report;
    private final long stuckClaimNanos;
    private final long closeTimeoutNanos;

    private int idleCycles;
    private long stuckSince;
    private long nextDeathLook;
    private boolean stuckReported;
    private boolean leaving;
    private long leavingSince;
    private boolean abandoned;

    /** With null for {@code deadClaims} where there is no ring file. */
    HeadWatch(
            final JournalConfig config,
            final RingBuffer ring,
            final RingDrain drain,
            final Counters counters,
            final DeadClaims deadClaims,
            final Path path,
            final Consumer<Throwable> report) {
        this.ring = ring;
        this.drain = drain;
        this.counters = counters;
        this.deadClaims = deadClaims;
        this.path = path;
        this.report = report;
        this.stuckClaimNanos = config.stuckClaimNanos;
        this.closeTimeoutNanos = config.closeTimeoutNanos;
    }

    /** Whether no commit is let through any more. */
    boolean isLeaving() {
        return leaving;
    }

    /** Whether what is left in the ring can never be read. */
    boolean isAbandoned() {
        return abandoned;
    }

    /** To be called when the ring is not waiting for a claim to end. */
    void clear() {
        if (stuckSince != 0) {
            stuckSince = 0;
            stuckReported = false;
            counters.set(Counters.STUCK_SINCE, 0);
        }
    }

    /**
     * Looks at the head where the appender could not take anything from it.
     *
     * @return whether nothing is left in the ring
     */
    boolean look(final boolean closing, final boolean failed) {
        final long head = ring.consumerPosition();
        final boolean nothingBegun = headLength() == 0;
        final boolean notNow = nothingBegun && !closing && stuckSince == 0 && idleCycles++ % TAIL_LOOK_CYCLES != 0;
        if (notNow || head == ring.producerPosition()) {
            clear();
            return true;
        }
        final long now = System.nanoTime();
        if (stuckSince == 0) {
            stuckSince = now;
            nextDeathLook = now + DEATH_LOOK_NANOS;
            counters.set(Counters.STUCK_SINCE, now);
        }
        if (deadClaims != null && now - nextDeathLook >= 0) {
            nextDeathLook = now + DEATH_LOOK_NANOS;
            if (releaseIfDead(head)) {
                return false;
            }
        }
        final long stuckFor = now - stuckSince;
        if (!stuckReported && stuckFor >= stuckClaimNanos) {
            stuckReported = true;
            report.accept(new JournalException(path + ": a claim of " + stuckEvents() + " events"
                    + named(deadClaims == null ? 0 : deadClaims.process(head))
                    + " has been neither committed nor aborted for " + TimeUnit.NANOSECONDS.toMillis(stuckFor)
                    + " ms and holds up " + ring.size() + " bytes"));
        }
        if (closing) {
            leaveStuckClaim(stuckFor, failed);
        }
        return abandoned;
    }

    private boolean releaseIfDead(final long head) {
        final long process = deadClaims.process(head);
        final int events = deadClaims.release(head);
        if (events == DeadClaims.HELD) {
            return false;
        }
        counters.add(Counters.CLAIMS_LEFT, events);
        report.accept(new JournalException(path + ": left out a claim of " + events + " events" + named(process)
                + ", which had neither been committed nor aborted when its process died"));
        return true;
    }

    private static String named(final long process) {
        return process == 0 ? "" : " of process " + process;
    }

    /** First no commit is let through any more, then, when those under way have ended, the claim is passed over. */
    private void leaveStuckClaim(final long stuckFor, final boolean failed) {
        if (!leaving && (failed || stuckFor >= closeTimeoutNanos)) {
            leaving = true;
            counters.state(failed ? Counters.FAILED_AND_CLOSED : Counters.CLOSED);
            leavingSince = System.nanoTime(); // one grace for all claims, as none is committed from now on
        } else if (leaving && System.nanoTime() - leavingSince >= GRACE_NANOS) {
            final int events = stuckEvents();
            final boolean passed = commitGap() || pass();
            // not even its length was stored: nothing behind it can be read
            abandoned = !passed && headLength() <= 0;
            if (passed || abandoned) {
                counters.add(Counters.CLAIMS_LEFT, events);
                report.accept(new JournalException(path + ": closed without a claim of " + events
                        + " events that was neither committed nor aborted"));
            }
        }
    }

    /** A gap that says up to where it records may count as recorded already: it is taken as it is. */
    private boolean commitGap() {
        final int index = headIndex();
        final AtomicBuffer buffer = ring.buffer();
        final int length = headLength();
        final boolean whole = length < 0
                && ClaimType.isGap(buffer.getInt(RecordDescriptor.typeOffset(index)))
                && GapEvent.dropped(buffer, index + RecordDescriptor.HEADER_LENGTH + EventHeader.LENGTH) != 0;
        if (whole) {
            buffer.putIntRelease(RecordDescriptor.lengthOffset(index), -length);
        }
        return whole;
    }

    private boolean pass() {
        final boolean passed = passOver() || ring.unblock() || padToTheEnd();
        if (passed) {
            drain.pass();
        }
        return passed;
    }

    /** Unless a commit comes before: who commits is told which of the two was first. */
    private boolean passOver() {
        final Set<Integer> passedOver = counters.passedOver();
        synchronized (passedOver) {
            final int index = headIndex();
            final boolean passed = Claims.end(ring.buffer(), index, true);
            if (passed) {
                passedOver.add(index + RecordDescriptor.HEADER_LENGTH);
            }
            return passed;
        }
    }

    /** Unblocking does not look behind the ring's end for what it could go on with. */
    private boolean padToTheEnd() {
        final AtomicBuffer buffer = ring.buffer();
        final int start = headIndex();
        final int length = ring.capacity() - start;
        boolean padded = ring.producerPosition() - ring.consumerPosition() > length;
        for (int i = start; padded && i < ring.capacity(); i += RecordDescriptor.ALIGNMENT) {
            padded = buffer.getIntVolatile(i) == 0;
        }
        if (padded) {
            buffer.putInt(RecordDescriptor.typeOffset(start), RingBuffer.PADDING_MSG_TYPE_ID);
            buffer.putIntRelease(RecordDescriptor.lengthOffset(start), length);
        }
        return padded;
    }

    private int headIndex() {
        return (int) ring.consumerPosition() & ring.capacity() - 1;
    }

    /** Length of the record at the head: 0 where none has begun, negative while it is not committed. */
    int headLength() {
        return ring.buffer().getIntVolatile(RecordDescriptor.lengthOffset(headIndex()));
    }

    private int stuckEvents() {
        final int type = ring.buffer().getInt(RecordDescriptor.typeOffset(headIndex()));
        return ClaimType.isGap(type) ? 0 : Math.max(1, ClaimType.events(type));
    }
}
