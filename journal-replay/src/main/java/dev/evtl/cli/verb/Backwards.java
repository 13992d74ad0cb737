package dev.evtl.cli.verb;

import dev.evtl.journal.format.EventHeader;
import dev.evtl.replay.EventHandler;
import dev.evtl.replay.EventHandler.Action;
import dev.evtl.replay.JournalEvent;
import dev.evtl.replay.JournalPosition;
import dev.evtl.replay.JournalReader;
import java.util.ArrayList;
import java.util.List;
import org.agrona.ExpandableArrayBuffer;

/**
 * Reads a journal from its end to its start. Events can be walked forward only, so each file is gone through in stretches,
 * the last one first: a stretch is walked once to note where blocks of events begin, and then block after block is read,
 * again the last one first. No more than a block is kept in memory. A stretch is longer than all that were before it, as
 * to reach it in a file without an index takes a walk from the file's start.
 */
public final class Backwards {
    private static final long FIRST_STRETCH = 16;
    private static final int STRETCH_GROWTH = 16;
    private static final int BLOCK_EVENTS = 4096;
    private static final int BLOCK_LENGTH = 1 << 20;

    private final Walk walk;
    private final JournalReader reader;
    private final EventHandler handler;
    private final JournalEvent event = new JournalEvent();
    private final ExpandableArrayBuffer block = new ExpandableArrayBuffer();
    private final int[] indexes = new int[BLOCK_EVENTS];
    private final long[] sequences = new long[BLOCK_EVENTS];
    private final long[] offsets = new long[BLOCK_EVENTS];
    private int events;
    private int blockLength;

    /**
     * Reads with a walk, which goes wherever it has to.
     *
     * @param handler of the events; it may end this, and cannot get one again
     */
    public Backwards(final Walk walk, final EventHandler handler) {
        this.walk = walk;
        this.reader = walk.reader();
        this.handler = handler;
    }

    /** Hands over the events of a range. */
    public void read(final Range range) {
        boolean more = true;
        for (int i = walk.extent().files() - 1; more && i >= 0; i--) {
            more = readFile(walk.extent().part(i, range), walk.extent().endOf(i));
        }
    }

    /**
     * Hands over the events of a part of a file.
     *
     * @param fileEnd about where the file ends: number of the event after its last
     * @return whether the handler wants more
     */
    private boolean readFile(final Range part, final long fileEnd) {
        if (part.first() > part.last()) {
            return true;
        }
        boolean more;
        long length = FIRST_STRETCH;
        long last = part.last();
        long begin = Math.max(part.first(), last < fileEnd ? last + 1 : fileEnd);
        do {
            begin = begin - part.first() <= length ? part.first() : begin - length;
            more = read(blocks(new Range(begin, last)));
            last = begin - 1;
            length = Math.min(length, Long.MAX_VALUE / STRETCH_GROWTH) * STRETCH_GROWTH; // a header can say any number
        } while (more && begin > part.first());
        return more;
    }

    /** Returns where the blocks of a stretch begin, and where the last one ends. */
    private List<JournalPosition> blocks(final Range stretch) {
        final List<JournalPosition> blocks = new ArrayList<>();
        walk.goTo(stretch);
        do {
            blocks.add(reader.position());
            blockLength = 0;
        } while (walk.poll(this::measure, BLOCK_EVENTS));
        return blocks;
    }

    private Action measure(final JournalEvent passed) {
        blockLength += EventHeader.LENGTH + passed.payloadLength();
        return blockLength < BLOCK_LENGTH ? Action.CONTINUE : Action.STOP;
    }

    /** Returns whether the handler wants more. */
    private boolean read(final List<JournalPosition> blocks) {
        for (int i = blocks.size() - 2; i >= 0; i--) {
            events = 0;
            blockLength = 0;
            final long end = blocks.get(i + 1).sequence();
            reader.seekSequence(blocks.get(i).sequence()); // by the events: event_count may be wrong
            while (reader.sequence() != end && reader.poll(this::keep, (int) (end - reader.sequence())) > 0) {
                // up to the next block
            }
            while (events > 0) {
                events--;
                event.wrap(block, indexes[events], sequences[events], offsets[events]);
                if (handler.onEvent(event) != Action.CONTINUE) {
                    return false;
                }
            }
        }
        return true;
    }

    private Action keep(final JournalEvent read) {
        final int eventLength = EventHeader.LENGTH + read.payloadLength();
        block.putBytes(blockLength, read.buffer(), read.payloadOffset() - EventHeader.LENGTH, eventLength);
        indexes[events] = blockLength;
        sequences[events] = read.sequence();
        offsets[events] = read.offset();
        blockLength += eventLength;
        events++;
        return Action.CONTINUE;
    }
}
