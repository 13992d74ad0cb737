package dev.evtl.journal;

import static java.nio.file.StandardOpenOption.READ;

import dev.evtl.journal.SalvageReport.LeftOut;
import dev.evtl.journal.SalvageReport.Outcome;
import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.DiskFullException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.file.RingNote;
import dev.evtl.journal.file.WriterLock;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.journal.io.FileCalls;
import dev.evtl.journal.io.IoFailures;
import dev.evtl.journal.io.JournalPaths;
import dev.evtl.journal.io.Uninterruptible;
import dev.evtl.journal.recovery.DamagedHeader;
import dev.evtl.journal.recovery.EventFinder;
import dev.evtl.journal.recovery.RingCatchUp;
import dev.evtl.journal.recovery.SalvageWriter;
import dev.evtl.journal.ring.RingFile;
import dev.evtl.journal.ring.RingFiles;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongConsumer;

/**
 * Makes a new, closed journal from every event that verifies in a damaged one, which is only read. Runs on the calling
 * thread. After damage, the next offset is searched at which an event verifies; such a hole becomes a gap event in the
 * new journal.
 *
 * <p>A gap takes its timestamps from the events around it. The number of events that it stands for follows from the
 * header's event_count, if that fits what is there: the total that is missing is spread over the holes by their
 * lengths, at least one for each. Otherwise each hole counts as one event.
 *
 * <p>If a claim lost some of its events, the others are kept, although the claim is no longer whole. The last one
 * before the hole loses its flag MORE, because the gap after it does not belong to the claim.
 *
 * <p>What was accepted into the journal's ring file and is not in the damaged file follows at the end. Drops that only
 * the ring file records get a gap event too.
 *
 * <p>A file without checksums is kept up to the first event that cannot be one. The new journal has checksums, a
 * created_at of its own, and the base sequence of the damaged journal unless that is lost. A gap counts as one event,
 * so sequence numbers after a hole are not what they were.
 */
public final class JournalSalvage {
    private final FileChannel channel;
    private final JournalHeader header;
    private final EventFinder finder;
    private final EventVerifier block;
    private final SalvageWriter out;
    private final List<Hole> holes = new ArrayList<>();
    private final List<String> remarks;
    private final boolean sequenceKnown;
    /**
     * Where the events end according to the header. If durable_offset is past write_offset, write_offset is damaged.
     */
    private final long publishedEnd;

    private long offset = FileHeader.LENGTH;
    private long keptEnd;
    private long events;
    private long ringEvents;
    private long publishedEvents;
    private long publishedBytes;
    private long brokenClaims;
    private boolean straddled;
    private boolean tail;
    private long lastTimestamp;

    /** A stretch without an event that verifies, and the gap event that stands for it. */
    private record Hole(
            long offset, long length, String reason, long gapOffset, long sequence, long first, long last) {}

    private JournalSalvage(
            final FileChannel channel,
            final DamagedHeader damaged,
            final EventFinder finder,
            final EventVerifier.Source source,
            final SalvageWriter out) {
        this.channel = channel;
        this.header = damaged.header();
        this.finder = finder;
        this.block = new EventVerifier(header, source);
        this.out = out;
        this.remarks = new ArrayList<>(damaged.remarks());
        this.sequenceKnown = damaged.sequenceKnown();
        this.publishedEnd = Math.max(limited(header.writeOffset()), limited(header.durableOffset()));
        this.lastTimestamp = header.createdAt();
    }

    /** Returns an unsigned number as one that can be computed with. */
    private static long limited(final long unsigned) {
        return unsigned < 0 ? Long.MAX_VALUE : unsigned;
    }

    /**
     * Salvages a journal. Takes time linear in its length, whatever the damage, and memory that grows only with the
     * number of holes.
     *
     * @param file     to read; it is never changed, and no lock or other file is created beside it
     * @param newFile  to create; it appears when it is complete and on the device, with the file's permissions and
     *     writable by its owner
     * @param progress is told now and then which offset has been reached
     * @return what was kept and what was left out
     * @throws JournalLockedException  if a writer has the file open
     * @throws CorruptJournalException if it is no journal, or so damaged that nothing can be read; there is no new file
     * @throws DiskFullException       if there is no space for the new file; there is no new file
     * @throws JournalException        if the new file exists or cannot be created, if the damaged one cannot be read,
     *     or if its ring file is damaged or a process has it open
     */
    public static SalvageReport salvage(final Path file, final Path newFile, final LongConsumer progress) {
        Objects.requireNonNull(file, "file");
        Objects.requireNonNull(newFile, "newFile");
        Objects.requireNonNull(progress, "progress");
        final Path real = JournalPaths.readable(file);
        if (Files.exists(newFile)) {
            throw new JournalException(newFile + ": exists; give another name");
        }
        final Path target = JournalPaths.writable(newFile);
        try (FileChannel channel = Uninterruptible.open(real, READ)) {
            WriterLock.refuseHeld(file, real);
            final EventVerifier.Source source = (offset, bytes, length) -> {
                progress.accept(offset);
                return FileCalls.read(channel, offset, bytes, length);
            };
            final EventFinder finder = new EventFinder(source, channel.size());
            final DamagedHeader damaged = DamagedHeader.read(file, channel, finder);
            return salvage(file, real, channel, damaged, finder, source, target);
        } catch (final IOException | UncheckedIOException e) {
            throw new JournalException(file + ": could not be read: " + e.getMessage(), e);
        }
    }

    private static SalvageReport salvage(
            final Path file,
            final Path real,
            final FileChannel channel,
            final DamagedHeader damaged,
            final EventFinder finder,
            final EventVerifier.Source source,
            final Path target) {
        final long createdAt = new SystemNanoClock().nanoTime();
        try (SalvageWriter out =
                new SalvageWriter(target, createdAt, damaged.header().baseSequence(), permissions(real))) {
            final JournalSalvage salvage = new JournalSalvage(channel, damaged, finder, source, out);
            salvage.walk();
            salvage.addRing(real);
            final SalvageReport report = salvage.report();
            WriterLock.refuseHeld(file, real); // asked again: a writer may have come meanwhile
            out.finish();
            return report;
        } catch (final IOException e) {
            throw IoFailures.classify(target, damaged.header().length(), "could not be made", e);
        }
    }

    private static FileAttribute<?>[] permissions(final Path file) throws IOException {
        final Set<PosixFilePermission> permissions =
                EnumSet.of(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
        final Set<PosixFilePermission> given = FileCalls.posixPermissions(file);
        permissions.addAll(given);
        return given.isEmpty()
                ? new FileAttribute<?>[0]
                : new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(permissions)};
    }

    private void walk() throws IOException {
        final long length = header.length();
        final boolean toPublishedEnd = !header.hasChecksums()
                && !header.closed()
                && publishedEnd >= FileHeader.LENGTH
                && publishedEnd <= length;
        final long limit = toPublishedEnd ? publishedEnd : length;
        String problem = "";
        long dataEnd = -1;
        long next = offset;
        while (next != EventFinder.NOWHERE) {
            if (next > offset) {
                hole(next, problem, timestampAt(next, limit));
            }
            while (keep(limit)) {
                // up to the next hole
            }
            problem = problem(limit);
            if (dataEnd < 0) {
                dataEnd = JournalScan.endOfData(channel, offset, length);
            }
            next = header.hasChecksums() ? finder.next(offset + 1, dataEnd, header.checksum()) : EventFinder.NOWHERE;
        }
        keptEnd = offset;
        tail(dataEnd, problem);
        if (!header.hasChecksums()) {
            remarks.add("no checksums: events are kept up to the first that cannot be one, and none could be verified");
        }
    }

    /** Copies the event at the offset. Returns false if there is none. */
    private boolean keep(final long limit) throws IOException {
        final int length = block.next(offset, limit);
        if (length == 0 || !header.hasChecksums() && EventHeader.checksum(block.word()) != 0) {
            return false;
        }
        out.append(block.buffer(), block.index(), length);
        lastTimestamp = EventHeader.timestamp(block.buffer(), block.index());
        offset += length;
        events++;
        if (offset <= publishedEnd) {
            publishedEvents++;
            publishedBytes += length;
        } else if (offset - length < publishedEnd) {
            straddled = true;
        }
        return true;
    }

    private String problem(final long limit) {
        if (offset >= header.length()) {
            return "expected events up to offset " + publishedEnd + ", found the end of the file";
        }
        if (offset >= limit) {
            return "expected the end, found other bytes";
        }
        return !header.hasChecksums() && EventHeader.checksum(block.word()) != 0
                ? JournalHeader.expected("checksum", 0, EventHeader.checksum(block.word()))
                : block.problem();
    }

    private long timestampAt(final long event, final long limit) {
        block.next(event, limit);
        return EventHeader.timestamp(block.buffer(), block.index());
    }

    private void hole(final long end, final String reason, final long nextTimestamp) throws IOException {
        if (out.endClaim()) {
            brokenClaims++;
        }
        final Hole hole = new Hole(
                offset,
                end - offset,
                reason,
                out.offset(),
                header.baseSequence() + out.events(),
                events == 0 ? nextTimestamp : lastTimestamp,
                nextTimestamp);
        holes.add(hole);
        out.appendGap(1, hole.first, hole.last);
        offset = end;
    }

    /**
     * Records what follows the last event: bytes that are no events, or events that are missing according to the
     * header.
     */
    private void tail(final long dataEnd, final String problem) throws IOException {
        long end = Math.max(dataEnd, offset);
        if (publishedEnd > offset && (publishedEnd <= header.length() || countFits(holes.size() + 1))) {
            end = Math.max(end, publishedEnd);
        }
        if (end > offset) {
            tail = true;
            hole(end, problem, lastTimestamp);
        } else if (out.endClaim()) {
            tail = true;
            brokenClaims++;
            hole(end, "expected the rest of a claim, found the end", lastTimestamp);
        }
    }

    /**
     * Returns whether the header's event_count can be right, given the number of holes before the end of the events
     * that it states.
     */
    private boolean countFits(final long publishedHoles) {
        final long bytes = publishedEnd - FileHeader.LENGTH - publishedBytes;
        return !straddled
                && missing() >= publishedHoles
                && missing() <= bytes / EventHeader.LENGTH
                && missing() >= bytes / EventHeader.MAX_EVENT_LENGTH;
    }

    private long missing() {
        return header.eventCount() - publishedEvents;
    }

    private void addRing(final Path real) throws IOException {
        final Path noted = RingNote.of(real).orElse(null);
        if (noted == null) {
            return;
        }
        try (RingFile left = RingFiles.inspect(noted, real, header.identity()).orElse(null)) {
            if (left != null) {
                ringEvents = RingCatchUp.copy(left, channel, header.baseSequence(), keptEnd, out);
            } else if (Files.exists(noted)) {
                remarks.add("its ring file " + noted + " was not used: by its header it is another journal's, or it is"
                        + " of an earlier boot of the machine");
            } else if (!header.closed()) {
                remarks.add("its ring file " + noted + " is gone, and with it what was accepted into it and is not in"
                        + " the file");
            }
        }
    }

    private SalvageReport report() throws IOException {
        final List<Hole> published =
                holes.stream().filter(hole -> hole.offset < publishedEnd).toList();
        final boolean countFits = countFits(published.size());
        long extra = countFits ? missing() - published.size() : 0;
        long bytes = published.stream().mapToLong(this::publishedLength).sum();
        final List<LeftOut> leftOut = new ArrayList<>();
        for (final Hole hole : holes) {
            final long length = publishedLength(hole);
            final long share = length <= 0 ? 0 : Math.min(extra, (long) (extra * ((double) length / bytes)));
            extra -= share;
            bytes -= Math.max(0, length);
            out.replaceGap(hole.gapOffset, 1 + share, hole.first, hole.last);
            leftOut.add(new LeftOut(hole.offset, hole.length, 1 + share, hole.sequence, hole.reason));
        }
        if (!countFits) {
            remarks.add("event_count " + Long.toUnsignedString(header.eventCount()) + " and write_offset "
                    + Long.toUnsignedString(header.writeOffset())
                    + " in the header do not fit the " + events + " events that are there");
        }
        return new SalvageReport(
                outcome(),
                events,
                ringEvents,
                leftOut.stream().mapToLong(LeftOut::missing).sum(),
                holes.isEmpty() || countFits && published.size() == holes.size(),
                brokenClaims,
                header.baseSequence(),
                leftOut,
                remarks);
    }

    /** Returns the length of the part of a hole before the end of the events according to the header. */
    private long publishedLength(final Hole hole) {
        return Math.min(hole.offset + hole.length, publishedEnd) - hole.offset;
    }

    private Outcome outcome() {
        final boolean uncertainEnd = publishedEnd > offset && header.eventCount() != events && holes.isEmpty();
        if (!sequenceKnown || uncertainEnd) {
            return Outcome.INCOMPLETE;
        }
        if (holes.isEmpty()) {
            return Outcome.COMPLETE;
        }
        return tail && holes.size() == 1 && !header.closed() && header.coversDurable(holes.get(0).offset)
                ? Outcome.TAIL_MISSING
                : Outcome.INCOMPLETE;
    }
}
