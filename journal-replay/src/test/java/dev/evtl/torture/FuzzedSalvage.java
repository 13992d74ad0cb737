package dev.evtl.torture;

import static dev.evtl.torture.ReferenceJournal.EVENT_HEADER;
import static dev.evtl.torture.ReferenceJournal.HEADER;
import static dev.evtl.torture.ReferenceJournal.MORE;
import static java.nio.ByteOrder.LITTLE_ENDIAN;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.evtl.journal.JournalSalvage;
import dev.evtl.journal.JournalScan.Condition;
import dev.evtl.journal.SalvageReport;
import dev.evtl.journal.SalvageReport.LeftOut;
import dev.evtl.journal.exceptions.CorruptJournalException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/** The salvage before any bytes. For {@link FuzzTest}, and for Jazzer, which goes by a method's name. */
public final class FuzzedSalvage extends FuzzedJournal {
    private static final long MAX_ALLOCATED = 8 << 20;
    private static final int GAP = 240;

    private static FuzzedSalvage instance;

    private final Path out;

    FuzzedSalvage(final Path directory) throws IOException {
        super(directory, MAX_ALLOCATED);
        this.out = directory.resolve("salvaged.evtl");
    }

    /** What Jazzer calls. */
    public static void fuzzerTestOneInput(final byte[] input) throws IOException {
        if (instance == null) {
            instance = new FuzzedSalvage(directory());
        }
        instance.run(input);
    }

    @Override
    void examine(final int operation, final byte[] journal, final Expected expected) throws IOException {
        SalvageReport report = null;
        try {
            report = JournalSalvage.salvage(file, out, position -> {});
        } catch (final CorruptJournalException e) {
            assertNull(expected.journal(), "its header is sound: " + e.getMessage());
            assertFalse(Files.exists(out));
        }
        assertArrayEquals(journal, Files.readAllBytes(file), "only read");
        if (report != null) {
            assertSalvaged(journal, expected, report, Files.readAllBytes(out));
            Files.delete(out);
        }
    }

    /** A clean journal, in which each event is one of the damaged one, all in their order, and each hole a gap. */
    private static void assertSalvaged(
            final byte[] journal, final Expected expected, final SalvageReport report, final byte[] salvaged) {
        final ReferenceJournal clean = whatVerifies(salvaged);
        final Expected made = Expected.ofVerified(salvaged, salvaged.length, clean);
        assertNull(made.reading());
        assertEquals(Condition.CLEAN, made.condition());
        assertEquals(report.baseSequence(), clean.baseSequence());
        assertEquals(report.events() + report.leftOut().size(), clean.events());

        int position = HEADER;
        int index = 0;
        for (final LeftOut hole : report.leftOut()) {
            while (position < hole.offset()) {
                position = assertKept(journal, position, clean.event(index++), hole.offset());
            }
            assertEquals(position, hole.offset());
            assertEquals(clean.baseSequence() + index, hole.sequence());
            final ReferenceJournal.Event gap = clean.event(index++);
            assertEquals(GAP, gap.type());
            assertEquals(
                    hole.missing(),
                    ByteBuffer.wrap(gap.payload()).order(LITTLE_ENDIAN).getLong());
            position = (int)
                    Math.min(position + hole.length(), Integer.MAX_VALUE); // where events are to be, by the header
        }
        while (index < clean.events()) {
            position = assertKept(journal, position, clean.event(index++), -1);
        }
        if (expected.journal() != null && expected.journal().hasChecksums()) {
            assertTrue(position >= expected.journal().end());
            assertTrue(report.leftOut().isEmpty()
                    || report.leftOut().get(0).offset() >= expected.journal().end());
            if (expected.condition() == Condition.CLEAN) {
                assertEquals(expected.kept(), report.events());
                assertEquals(0, report.missing());
            }
        }
    }

    /** Returns where the event ends. */
    private static int assertKept(
            final byte[] journal, final int position, final ReferenceJournal.Event event, final long hole) {
        final ByteBuffer fields = ByteBuffer.wrap(journal).order(LITTLE_ENDIAN);
        final int end = position + EVENT_HEADER + (fields.getShort(position + 10) & 0xFFFF);
        assertEquals(fields.getLong(position), event.timestamp());
        assertEquals(journal[position + 8] & 0xFF, event.type());
        final int flags = journal[position + 9] & 0xFF;
        assertEquals(end == hole ? flags & ~MORE : flags, event.flags(), "a claim ends before a hole");
        assertArrayEquals(Arrays.copyOfRange(journal, position + EVENT_HEADER, end), event.payload());
        return end;
    }
}
