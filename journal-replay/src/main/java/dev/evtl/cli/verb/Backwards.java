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
 * Reads a journal from its end to its start. Events can be walked forward only, so each file is walked once to note where
 * blocks of them begin, and then block after block is read, the last one first. No more than a block is kept in memory.
 */
public final class Backwards {
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
    private int length;

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

    /** Hands over the events of a stretch. */
    public void read(final Range stretch) {
        boolean more = true;
        for (int i = walk.extent().files() - 1; more && i >= 0; i--) {
            final Range part = walk.extent().part(i, stretch);
            more = part.first() > part.last() || read(blocks(part));
        }
    }

    /** Returns where the blocks of a part of a file begin, and where the last one ends. */
    private List<JournalPosition> blocks(final Range part) {
        final List<JournalPosition> blocks = new ArrayList<>();
        walk.goTo(part);
        do {
            blocks.add(reader.position());
            length = 0;
        } while (walk.poll(this::measure, BLOCK_EVENTS));
        return blocks;
    }

    private Action measure(final JournalEvent passed) {
        length += EventHeader.LENGTH + passed.payloadLength();
        return length < BLOCK_LENGTH ? Action.CONTINUE : Action.STOP;
    }

    /** Returns whether the handler wants more. */
    private boolean read(final List<JournalPosition> blocks) {
        for (int i = blocks.size() - 2; i >= 0; i--) {
            events = 0;
            length = 0;
            final long end = blocks.get(i + 1).sequence();
            reader.seek(blocks.get(i));
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
        block.putBytes(length, read.buffer(), read.payloadOffset() - EventHeader.LENGTH, eventLength);
        indexes[events] = length;
        sequences[events] = read.sequence();
        offsets[events] = read.offset();
        length += eventLength;
        events++;
        return Action.CONTINUE;
    }
}
