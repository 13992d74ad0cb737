package dev.evtl.bench.peers;

import dev.evtl.bench.Content;
import dev.evtl.bench.EventProducer;
import dev.evtl.bench.EventTarget;
import dev.evtl.bench.compare.Contestant;
import dev.evtl.journal.format.EventHeader;
import io.aeron.ExclusivePublication;
import io.aeron.Publication;
import io.aeron.archive.status.RecordingPos;
import io.aeron.logbuffer.BufferClaim;
import java.io.IOException;
import java.nio.file.Path;
import org.agrona.concurrent.status.CountersReader;

/** Aeron Archive recording an IPC publication; an event is in the file when the recording has passed it. */
final class AeronTarget implements EventTarget, EventProducer {
    private static final int EVENT_LENGTH = EventHeader.LENGTH + Contestant.PAYLOAD_LENGTH;

    private final AeronNode node;
    private final ExclusivePublication publication;
    private final CountersReader counters;
    private final int recorded;
    private final BufferClaim claim = new BufferClaim();

    AeronTarget(final Path directory) throws IOException {
        node = new AeronNode(directory);
        publication = node.archive().addRecordedExclusivePublication(AeronNode.CHANNEL, AeronNode.STREAM);
        counters = node.archive().context().aeron().countersReader();
        recorded = awaitRecording();
    }

    private int awaitRecording() {
        while (true) {
            final int counter = RecordingPos.findCounterIdBySession(
                    counters, publication.sessionId(), node.archive().archiveId());
            if (counter != CountersReader.NULL_COUNTER_ID && publication.isConnected()) {
                return counter;
            }
            Thread.yield();
        }
    }

    @Override
    public EventProducer producer(final int number) {
        return this;
    }

    @Override
    public void publish(final long index, final long timestamp) {
        long result = publication.tryClaim(EVENT_LENGTH, claim);
        while (result < 0) {
            if (result == Publication.CLOSED || result == Publication.NOT_CONNECTED) {
                throw new IllegalStateException("not published: " + Publication.errorString(result));
            }
            Thread.yield();
            result = publication.tryClaim(EVENT_LENGTH, claim);
        }
        final int offset = claim.offset();
        EventHeader.encode(claim.buffer(), offset, timestamp, Content.FIRST_TYPE, 0, Contestant.PAYLOAD_LENGTH);
        Content.fill(claim.buffer(), offset + EventHeader.LENGTH, Contestant.PAYLOAD_LENGTH, Content.seed(0, index));
        claim.commit();
    }

    @Override
    public void awaitWritten(final long events) {
        while (counters.getCounterValue(recorded) < publication.position()) {
            Thread.yield();
        }
    }

    @Override
    public void close() throws IOException {
        node.archive().stopRecording(publication);
        publication.close();
        node.close();
    }
}
