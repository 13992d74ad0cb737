package dev.evtl.journal;

import static dev.evtl.journal.support.TestJournals.claim;
import static dev.evtl.journal.support.TestJournals.payload;
import static dev.evtl.journal.support.TestJournals.tiny;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.evtl.journal.appender.Appender;
import dev.evtl.journal.appender.AppenderAccess;
import dev.evtl.journal.appender.AppenderEvents;
import dev.evtl.journal.appender.JournalLease;
import dev.evtl.journal.appender.PublishingHelp;
import dev.evtl.journal.file.JournalFile;
import dev.evtl.journal.file.MappedStorage;
import dev.evtl.journal.file.Space;
import dev.evtl.journal.ring.JournalRing;
import dev.evtl.journal.ring.RingAccess;
import dev.evtl.journal.ring.RingCounters;
import dev.evtl.journal.support.JournalFiles;
import dev.evtl.journal.support.StoredEvent;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.agrona.concurrent.ringbuffer.RecordDescriptor;
import org.agrona.concurrent.ringbuffer.RingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.Timeout.ThreadMode;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A producer that the scheduler stops between two instructions, while the journal closes without it. */
@Timeout(value = 60, threadMode = ThreadMode.SEPARATE_THREAD)
class PassedOverClaimTest {
    @TempDir
    Path directory;

    private final JournalRing journalRing = JournalRing.inMemory(1024, false);
    private final RingCounters counters = journalRing.counters();
    private final RingBuffer ring = journalRing.buffer();
    private Appender appender;
    private Publisher publisher;
    private String stopBefore = "";
    private String stopAfter = "";
    private boolean stopInCommit;
    private boolean goOnWhenPassedOver;

    @BeforeEach
    void open() throws IOException {
        final JournalConfig config = tiny().closeTimeout(Duration.ofNanos(1))
                .listener(JournalListener.NONE)
                .build();
        final Path path = directory.resolve("s.evtl");
        final JournalFile file = JournalFiles.create(path);
        final MappedStorage storage = new MappedStorage(
                file,
                JournalFile.readHeader(path, file.channel()),
                new Space(4096, Growth.steps(4096)::next, Long.MAX_VALUE),
                1024 / 8);
        appender = new Appender(config.appenderSettings(AppenderEvents.NONE), journalRing, storage, JournalLease.NONE);
        publisher = publisher(BackPressure.REFUSE);
    }

    private Publisher publisher(final BackPressure policy) {
        return new Publisher(
                RingAccess.seenBy(journalRing, stopping()),
                tiny().backPressure(policy).build(),
                112,
                PublishingHelp.NONE);
    }

    private RingBuffer stopping() {
        return (RingBuffer) Proxy.newProxyInstance(
                RingBuffer.class.getClassLoader(), new Class<?>[] {RingBuffer.class}, (proxy, method, args) -> {
                    if (method.getName().equals(stopBefore)) {
                        close();
                    }
                    if (method.getName().equals("commit") && stopInCommit) {
                        commitAroundClose((int) args[0]);
                        return null;
                    }
                    try {
                        final Object result = method.invoke(ring, args);
                        if (method.getName().equals(stopAfter)) {
                            closeUntil((int) result);
                        }
                        return result;
                    } catch (final InvocationTargetException e) {
                        throw e.getCause();
                    }
                });
    }

    /** The ring's commit, stopped between the look at the claim and the store. */
    private void commitAroundClose(final int claim) {
        final int lengthIndex = RecordDescriptor.lengthOffset(claim - RecordDescriptor.HEADER_LENGTH);
        final int length = ring.buffer().getInt(lengthIndex);
        close();
        ring.buffer().putIntRelease(lengthIndex, -length);
    }

    /** To the end, or just until a claim has been passed over. */
    private void closeUntil(final int claim) {
        if (goOnWhenPassedOver) {
            final int lengthIndex = RecordDescriptor.lengthOffset(claim - RecordDescriptor.HEADER_LENGTH);
            for (int other = ring.tryClaim(1, 8); other > 0; other = ring.tryClaim(1, 8)) {
                ring.abort(other); // so that the appender has no room for a gap of its own
            }
            AppenderAccess.requestClose(appender);
            while (ring.buffer().getIntVolatile(lengthIndex) < 0) {
                AppenderAccess.step(appender);
            }
        } else {
            close();
        }
    }

    private void close() {
        AppenderAccess.close(appender);
    }

    @Test
    void commitAfterTheClaimWasPassedOverSaysClosed() {
        final Claim claim = claim(publisher, 1, 8);
        stopBefore = "commit";
        assertEquals(Publisher.CLOSED, claim.commit());
        assertEquals(1, counters.get(RingCounters.ABANDONED));
        assertEquals(1, counters.get(RingCounters.REFUSED));
        assertEquals(0, counters.get(RingCounters.JOURNALED));
    }

    @Test
    void commitThatIsStoppedWhileTheClaimIsPassedOverSaysClosed() {
        final Claim claim = claim(publisher, 1, 8);
        stopInCommit = true;
        assertEquals(Publisher.CLOSED, claim.commit());
        assertEquals(1, counters.get(RingCounters.ABANDONED));
        assertEquals(1, counters.get(RingCounters.REFUSED));
        assertEquals(0, counters.get(RingCounters.JOURNALED));
    }

    @Test
    void claimDuringWhichTheJournalClosedSaysClosed() {
        stopAfter = "tryClaim";
        assertEquals(Publisher.CLOSED, publisher.offer(1, payload(8), 0, 8));
        assertEquals(1, counters.get(RingCounters.REFUSED));
        assertEquals(0, counters.get(RingCounters.JOURNALED));
    }

    @Test
    void abortAfterTheClaimWasPassedOverDoesNothing() {
        final Claim claim = claim(publisher, 1, 8);
        stopBefore = "abort";
        claim.abort();
        assertEquals(1, counters.get(RingCounters.ABANDONED));
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void gapThatWasPassedOverIsRecordedByTheClose(final boolean recordedBeforeTheEnd) throws IOException {
        final Publisher dropping = publisher(BackPressure.DROP);
        while (dropping.offer(1, payload(8), 0, 8) != Publisher.DROPPED) {
            assertEquals(0, journalRing.drops().dropped());
        }
        AppenderAccess.step(appender);
        stopAfter = "tryClaim";
        goOnWhenPassedOver = recordedBeforeTheEnd;
        stopBefore = recordedBeforeTheEnd ? "commit" : "";
        assertEquals(Publisher.CLOSED, dropping.offer(1, payload(8), 0, 8));
        assertEquals(0, counters.get(RingCounters.ABANDONED), "a gap is none of the application's events");
        final List<StoredEvent> events = StoredEvent.readAll(directory.resolve("s.evtl"));
        final StoredEvent last = events.get(events.size() - 1);
        assertEquals(StoredEvent.GAP, last.type());
        assertEquals(1, last.data().getLong());
    }

    @Test
    void claimStoppedBeforeItsFirstStoreDoesNotHangTheClose() throws IOException {
        publisher.offer(1, payload(8), 0, 8);
        ring.buffer().getAndAddLong(1024 + RingBufferDescriptor.TAIL_POSITION_OFFSET, 32);
        close();
        assertEquals(1, counters.get(RingCounters.ABANDONED));
        assertEquals(1, StoredEvent.readAll(directory.resolve("s.evtl")).size());
    }

    @Test
    void claimStoppedBeforeItStoresItsTypeIsNoEventWhenItDoes() throws IOException {
        publisher.offer(1, payload(8), 0, 8);
        final int record = (int) ring.buffer().getAndAddLong(1024 + RingBufferDescriptor.TAIL_POSITION_OFFSET, 32);
        ring.buffer().putIntRelease(RecordDescriptor.lengthOffset(record), -32);
        AppenderAccess.requestClose(appender);
        while (ring.buffer().getIntVolatile(RecordDescriptor.lengthOffset(record)) < 0) {
            AppenderAccess.step(appender);
        }
        ring.buffer().putInt(RecordDescriptor.typeOffset(record), 1);
        close();
        assertEquals(1, StoredEvent.readAll(directory.resolve("s.evtl")).size());
    }

    @Test
    void secondCommitOfAnOpenJournalStillIsAnError() {
        final Claim claim = claim(publisher, 1, 8);
        claim.commit();
        assertThrows(IllegalStateException.class, claim::commit);
        close();
    }
}
