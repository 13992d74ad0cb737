package dev.evtl.bench.peers;

import dev.evtl.bench.Content;
import dev.evtl.bench.EventSource;
import dev.evtl.bench.EventVisitor;
import dev.evtl.journal.format.EventHeader;
import io.aeron.Subscription;
import io.aeron.archive.client.AeronArchive;
import io.aeron.logbuffer.FragmentHandler;
import io.aeron.logbuffer.Header;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.CloseHelper;
import org.agrona.DirectBuffer;

/** Aeron Archive replaying its one recording to an IPC subscription. */
final class AeronSource implements EventSource, FragmentHandler {
    private static final int RECORDING = 0;
    private static final int REPLAY_STREAM = AeronNode.STREAM + 1;

    private final AeronNode node;
    private Subscription subscription;
    private EventVisitor visitor;

    AeronSource(final Path directory) throws IOException {
        node = new AeronNode(directory);
        subscription =
                node.archive().replay(RECORDING, 0, AeronArchive.REPLAY_ALL_AND_STOP, AeronNode.CHANNEL, REPLAY_STREAM);
    }

    @Override
    public int poll(final EventVisitor eventVisitor, final int limit) {
        visitor = eventVisitor;
        if (subscription == null) { // not before, or much would be in memory when the reading begins
            subscription = node.archive()
                    .replay(RECORDING, 0, AeronArchive.REPLAY_ALL_AND_STOP, AeronNode.CHANNEL, REPLAY_STREAM);
        }
        return subscription.poll(this, limit);
    }

    @Override
    public void onFragment(final DirectBuffer buffer, final int offset, final int length, final Header header) {
        final int payload = offset + EventHeader.LENGTH;
        visitor.onEvent(
                EventHeader.timestamp(buffer, offset),
                EventHeader.type(EventHeader.word(buffer, offset)),
                Content.sum(buffer, payload, length - EventHeader.LENGTH));
    }

    @Override
    public void close() throws IOException {
        CloseHelper.close(subscription);
        node.close();
    }
}
