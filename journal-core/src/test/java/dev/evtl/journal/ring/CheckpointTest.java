package dev.evtl.journal.ring;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;

class CheckpointTest {
    private static final List<Field> FIELDS = Stream.of(CheckpointState.class.getFields())
            .filter(field -> !Modifier.isStatic(field.getModifiers()))
            .toList();

    private final byte[] bytes = new byte[RingLayout.COUNTERS_OFFSET];
    private final UnsafeBuffer header = new UnsafeBuffer(bytes);

    private static CheckpointState state(final long seed) throws IllegalAccessException {
        final CheckpointState state = new CheckpointState();
        for (int i = 0; i < FIELDS.size(); i++) {
            FIELDS.get(i).setLong(state, seed * 100 + i);
        }
        return state;
    }

    private static void assertSame(final CheckpointState expected, final CheckpointState found)
            throws IllegalAccessException {
        for (final Field field : FIELDS) {
            assertEquals(field.getLong(expected), field.getLong(found), field.getName());
        }
    }

    @Test
    void everyFieldIsKeptAndFoundByTheNextOwner() throws IllegalAccessException {
        final Checkpoint checkpoint = new Checkpoint(header);
        for (int i = 1; i <= 5; i++) {
            checkpoint.store(state(i));
            assertSame(state(i), checkpoint.load());
            assertSame(state(i), new Checkpoint(header).load());
            assertEquals(state(i).ringPosition, checkpoint.ringPosition());
        }
        final byte[] outside = bytes.clone();
        Arrays.fill(outside, RingLayout.CHECKPOINT_INDEX_OFFSET, RingLayout.CHECKPOINTS_END, (byte) 0);
        assertArrayEquals(new byte[bytes.length], outside, "nothing is stored outside its room");
    }

    /** Of a store, all but the last step may have come to the file when the process is killed. */
    @Test
    void storeThatWasNotFinishedLeavesTheStateBefore() throws IllegalAccessException {
        final Checkpoint checkpoint = new Checkpoint(header);
        checkpoint.store(state(1));
        final byte[] before = bytes.clone();
        checkpoint.store(state(2));
        for (int end = RingLayout.CHECKPOINT_OFFSET; end <= RingLayout.CHECKPOINTS_END; end += Long.BYTES) {
            final byte[] torn = before.clone();
            System.arraycopy(
                    bytes,
                    RingLayout.CHECKPOINT_OFFSET,
                    torn,
                    RingLayout.CHECKPOINT_OFFSET,
                    end - RingLayout.CHECKPOINT_OFFSET);
            assertSame(state(1), new Checkpoint(new UnsafeBuffer(torn)).load());
        }
        assertSame(state(2), new Checkpoint(header).load());
    }

    @Test
    void newRingIsNowhereInTheFile() {
        Checkpoint.encodeNew(header);
        final CheckpointState state = new Checkpoint(header).load();
        assertEquals(CheckpointState.NOWHERE, state.fileOffset);
        assertEquals(0, state.ringPosition);
    }
}
