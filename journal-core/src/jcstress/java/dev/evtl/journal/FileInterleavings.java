package dev.evtl.journal;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;

import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.IoUtil;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;

/** A writer and a reader of a real file. */
public final class FileInterleavings {
    private FileInterleavings() {}

    /** Of the files of this JVM, which they leave with it: a journal fails that loses its name. */
    private static final Path DIRECTORY = directory();

    private static final AtomicLong NUMBER = new AtomicLong();

    /** A file that one actor writes and grows and the other follows, one for all iterations of a JVM. */
    private static final class Followed {
        private final Journal journal;
        private final EventBatch batch;
        private final JournalView view;
        private final EventVerifier block;
        private long position = FileHeader.LENGTH;
        private long next;
        private long seen;

        Followed(final StorageMode mode, final boolean checksums) {
            journal = Journal.open(
                    newFile(),
                    Rig.config()
                            .ringSize(1 << 16)
                            .storage(mode)
                            .checksums(checksums)
                            .initialSize(1 << 16)
                            .growth(Growth.steps(1 << 16))
                            .appenderMode(AppenderMode.INVOKER)
                            .build());
            batch = journal.publisher().newBatch();
            view = new JournalView(journal.path());
            block = new EventVerifier(view.header(), view);
        }

        /** Claims of two events, numbered on and on. */
        void write() {
            final long result = batch.tryClaim(2, 2 * Long.BYTES);
            if (result == Publisher.FAILED) {
                throw new IllegalStateException(journal.failure().orElseThrow());
            }
            if (result > 0) {
                batch.next(1, Long.BYTES).putLong(0, next++);
                batch.next(2, Long.BYTES).putLong(0, next++);
                batch.commit();
            }
            journal.invoker().invoke();
        }

        /** What is wrong with the events that have come. */
        String follow() {
            final long end = view.writeOffset();
            while (position < end) {
                final int length = block.next(position, end);
                if (length == 0) {
                    return "at " + position + ": " + block.problem();
                }
                final long number = block.buffer().getLong(block.index() + EventHeader.LENGTH);
                if (number != seen) {
                    return "at " + position + ": expected event " + seen + ", found " + number;
                }
                position += length;
                seen++;
            }
            return seen % 2 == 0 ? "whole" : "half a claim before " + end;
        }
    }

    private static Path directory() {
        final Path memory = Path.of("/dev/shm");
        try {
            final Path directory = Files.isWritable(memory)
                    ? Files.createTempDirectory(memory, "evtl-jcstress")
                    : Files.createTempDirectory("evtl-jcstress");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> IoUtil.delete(directory.toFile(), true)));
            return directory;
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path newFile() {
        return DIRECTORY.resolve(NUMBER.getAndIncrement() + ".evtl");
    }

    /** Stores into a mapping. */
    @JCStressTest
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "Every event whole, in its order, with its claim.")
    @State
    public static class FollowMapped {
        private static final Followed FILE = new Followed(StorageMode.MAPPED, true);

        @Actor
        public void writer() {
            FILE.write();
        }

        @Actor
        public void reader(final L_Result r) {
            r.r1 = FILE.follow();
        }
    }

    /** Stores into a mapping, without checksums to tell what is not complete yet. */
    @JCStressTest
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "Every event whole, in its order, with its claim.")
    @State
    public static class FollowMappedWithoutChecksums {
        private static final Followed FILE = new Followed(StorageMode.MAPPED, false);

        @Actor
        public void writer() {
            FILE.write();
        }

        @Actor
        public void reader(final L_Result r) {
            r.r1 = FILE.follow();
        }
    }

    /** Writes into the page cache, whose bytes the reader sees through its mapping. */
    @JCStressTest
    @Outcome(id = "whole", expect = ACCEPTABLE, desc = "Every event whole, in its order, with its claim.")
    @State
    public static class FollowWritten {
        private static final Followed FILE = new Followed(StorageMode.WRITE, true);

        @Actor
        public void writer() {
            FILE.write();
        }

        @Actor
        public void reader(final L_Result r) {
            r.r1 = FILE.follow();
        }
    }

    /** A reader that sees a file closed knows that no more will come. */
    @JCStressTest
    @Outcome(id = "88", expect = ACCEPTABLE, desc = "All its events.")
    @State
    public static class ClosedIsTheEnd {
        private final Journal journal = Journal.open(
                newFile(),
                Rig.config()
                        .appenderMode(AppenderMode.INVOKER)
                        .initialSize(4096)
                        .build());
        private final JournalView view = new JournalView(journal.path());

        public ClosedIsTheEnd() {
            final Claim claim = journal.publisher().newClaim();
            journal.publisher().tryClaim(claim, 1, Long.BYTES);
            claim.commit();
        }

        @Actor
        public void closer() {
            journal.invoker().close();
        }

        @Actor
        public void reader(final L_Result r) {
            while (!view.isClosed()) {
                Thread.onSpinWait();
            }
            r.r1 = view.writeOffset();
        }

        @Arbiter
        public void end() {
            view.close();
            if (journal.failure().isPresent() || !journal.path().toFile().delete()) {
                throw new IllegalStateException(
                        "failed, or is gone", journal.failure().orElse(null));
            }
        }
    }
}
