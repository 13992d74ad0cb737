package dev.evtl.replay;

import dev.evtl.journal.exceptions.CorruptJournalException;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import dev.evtl.journal.exceptions.EventsReleasedException;
import dev.evtl.journal.exceptions.JournalException;
import dev.evtl.journal.exceptions.JournalLockedException;
import dev.evtl.journal.exceptions.JournalNotFoundException;
import dev.evtl.journal.exceptions.JournalReplacedException;
import dev.evtl.journal.exceptions.StalePositionException;
import dev.evtl.journal.file.EventVerifier;
import dev.evtl.journal.file.JournalView;
import dev.evtl.journal.file.PositionsFile;
import dev.evtl.journal.format.EventChecksum;
import dev.evtl.journal.format.EventHeader;
import dev.evtl.journal.format.FileHeader;
import dev.evtl.journal.format.GapEvent;
import dev.evtl.journal.format.IndexEntry;
import dev.evtl.journal.format.JournalHeader;
import dev.evtl.replay.EventHandler.Action;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

/**
 * Reads the events of a journal in their order, from the start or from where it is told, and follows a journal that is
 * being written: at the end {@link #poll} returns 0, and later goes on. Any number of readers may read one journal, in
 * this and other processes.
 *
 * <p>A journal is a file, or a directory of files whose sequence numbers run on. Of a directory a reader has one file open,
 * and goes on to the next one when it has read all of it: within a {@code poll} or another call, which hands over the
 * events of one file only. A file that is deleted while it is read is read to its end. Where a file is missing that others
 * follow, the reader stops with a {@link CorruptJournalException}; with an {@link EventsReleasedException}, if all that lay
 * before it is gone as well. {@link #offset}, {@link #endOffset} and {@link #header} are of the file that it is in.
 *
 * <p>By default every event is verified, block by block in a private copy, and handed over from there: what a handler
 * sees is what was verified, whatever happens to the file meanwhile. Without verification events are handed over where
 * they lie in the mapped file, whose windows of up to 256 MiB stay mapped until the garbage collector finds that nobody has
 * them any more. Either way what was handed over can be read ever after, no event is copied by itself and nothing is
 * allocated for it.
 *
 * <p>No event of a claim is handed over before all of the claim was verified, so that a handler never sees the beginning
 * of one whose end is damaged or missing. Claims of up to 128 KiB come from the copy in which they were verified; longer
 * ones are read again, and each event is verified once more: damage that strikes just then stops the reader within one.
 * Without verification only a missing end is noticed, and in time if the claim has up to 128 KiB.
 *
 * <p>A file that another process cuts short meanwhile is an exception too. On a JVM older than 25 the calling thread can
 * also get an {@link InternalError}, at its next call or after this one, for a load that gave nothing of the file.
 *
 * <p>A reader at the end looks once a second whether its path leads to another file now, which would get the events that
 * it waits for: that is a {@link JournalReplacedException}. At the end of a directory's newest file it looks for the next
 * one every millisecond.
 *
 * <p>Events of types 241 to 255 are passed over; they have sequence numbers and count as read.
 *
 * <p>A reader is for one thread at a time, but any thread may close it: while another polls or seeks, that call ends after
 * the event it is at, and then closes the file. A call that goes to the file throws an {@link IllegalStateException} once
 * the reader is closed, and while another thread, or the call whose handler calls, is using it. What the reader only
 * remembers, {@link #sequence}, {@link #offset}, {@link #position}, {@link #droppedEvents} and {@link #header}, it says at
 * all times, in a handler too, where they are of the event after.
 */
public final class JournalReader implements AutoCloseable {
    private static final ReaderConfig DEFAULTS = ReaderConfig.builder().build();
    private static final EventHandler PASS_OVER = event -> Action.CONTINUE;

    /** Without verification, claims before the last so many bytes are not looked over: it would cost half as much again. */
    private static final int WHOLE_LENGTH = 128 * 1024;

    private static final long EAGER_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long FIRST_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    private static final long LONGEST_PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    private static final int FREE = 0;
    private static final int IN_USE = 1;
    /** In use, and closed by who uses it when that ends. */
    private static final int CLOSING = 2;

    private static final int CLOSED = 3;

    /** Those of a directory; null for a journal that is one file. */
    private final JournalFiles files;

    private final boolean verify;
    private JournalView view;
    private EventVerifier block;
    /** The file in which a seek began, to which it goes back if it fails; null while there is no seek. */
    private JournalView origin;

    private final JournalEvent event = new JournalEvent();
    private final EventHandler pull = this::pulled;
    private final AtomicInteger state = new AtomicInteger(FREE);
    private long offset = FileHeader.LENGTH;
    private long sequence;
    /** Where the event before the next one begins; at the file's start the same as {@link #offset}. */
    private long lastEvent = FileHeader.LENGTH;

    private EventChecksum eventChecksum;
    /** The checksum before an offset, which was kept because the event that has it may no longer be in memory. */
    private int keptChecksum;

    private long keptOffset;
    private long droppedEvents;
    private long lastEnd;
    private boolean found;
    /** The last claim of several events that was looked over. */
    private long claimStart;

    private long claimEnd;
    /** Where the journal ended when the end was remembered. */
    private long markFile;

    private long markOffset;
    /** Where a reader with a name keeps its position; null without. */
    private PositionsFile.Slot slot;

    private boolean commitEachPoll;
    private boolean commitBeforeDurable;
    private JournalPosition committed;
    /** A position that was to be committed, and not all before it was on the device. */
    private JournalPosition pending;

    /** Whether the file before the reader's was seen to be on the device to its end. */
    private boolean durableBefore;

    private JournalReader(final JournalFiles files, final JournalView view, final boolean verify) {
        this.files = files;
        this.verify = verify;
        show(view, newBlock(view));
        go(start());
        this.lastEnd = view.header().writeOffset();
    }

    private EventVerifier newBlock(final JournalView of) {
        return verify
                ? new EventVerifier(of.header(), (from, target, length) -> {
                    keepChecksum(); // what the block held is overwritten
                    return of.read(from, target, length);
                })
                : null;
    }

    private void show(final JournalView of, final EventVerifier blockOf) {
        view = of;
        block = blockOf;
        eventChecksum = new EventChecksum(of.header().checksum());
        if (verify) {
            event.lieIn(block.buffer());
        } else {
            event.lieNowhere();
        }
        claimStart = 0;
        claimEnd = 0;
        durableBefore = false;
    }

    /**
     * Opens a journal to read it from its first event and to verify every event.
     *
     * @param path of the file, or of the directory of its files
     * @return the reader
     * @throws JournalNotFoundException if there is no such file, or none in the directory; a follower waits for it, by
     *     {@link ReaderConfig.Builder#waitFor}
     * @throws CorruptJournalException  if it is no journal or its header is damaged
     * @throws JournalException         if it cannot be read
     * @throws IllegalStateException    if the JVM lacks the flag that Agrona needs
     */
    public static JournalReader open(final Path path) {
        return open(path, DEFAULTS);
    }

    /**
     * Opens a journal.
     *
     * @param path   of the file, or of the directory of its files
     * @param config whether to verify, and where to start
     * @return the reader
     * @throws JournalNotFoundException if there is no such file, or none in the directory; a follower waits for it, by
     *     {@link ReaderConfig.Builder#waitFor}
     * @throws CorruptJournalException  if it is no journal or its header is damaged, or before where it is to start
     * @throws JournalException         if it cannot be read
     * @throws StalePositionException   if it is to start at a position that the journal no longer has, given or committed
     * @throws EventsReleasedException  likewise, if its file was released
     * @throws JournalLockedException   if another reader has the name
     * @throws IllegalArgumentException if the journal has no such place to start
     * @throws IllegalStateException    if the JVM lacks the flag that Agrona needs
     */
    public static JournalReader open(final Path path, final ReaderConfig config) {
        Objects.requireNonNull(path, "path");
        Objects.requireNonNull(config, "config");
        final JournalReader reader = await(path, config);
        boolean ready = false;
        try {
            if (config.name == null) {
                config.start.seek().accept(reader);
            } else {
                reader.resume(PositionsFile.claim(path, config.name), config);
            }
            ready = true;
            return reader;
        } finally {
            if (!ready) {
                reader.close();
            }
        }
    }

    /** Goes to where the reader of a name was, or for the first time to where it is to start, which is kept. */
    private void resume(final PositionsFile.Slot claimed, final ReaderConfig config) {
        slot = claimed;
        commitEachPoll = config.commitEachPoll;
        commitBeforeDurable = config.commitBeforeDurable;
        final PositionsFile.Entry entry = slot.entry();
        if (entry == null) {
            config.start.seek().accept(this);
            commit();
        } else {
            committed = Readers.position(entry);
            seek(committed);
        }
    }

    /** Opens a journal at its start, once it is there. */
    private static JournalReader await(final Path path, final ReaderConfig config) {
        final long start = System.nanoTime();
        long pause = FIRST_PAUSE_NANOS;
        while (true) {
            final JournalFiles files = Files.isDirectory(path) ? new JournalFiles(path) : null;
            try {
                return new JournalReader(files, files == null ? new JournalView(path) : files.oldest(), config.verify);
            } catch (final JournalNotFoundException e) {
                final long waited = System.nanoTime() - start;
                if (waited >= config.waitNanos || Thread.currentThread().isInterrupted()) {
                    throw e;
                }
                LockSupport.parkNanos(Math.min(pause, config.waitNanos - waited));
                pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
            } catch (final JournalException e) {
                if (files != null || !Files.isDirectory(path)) {
                    throw e;
                }
                // the directory was made since it was looked for
            }
        }
    }

    /**
     * Hands over events and gaps that are there; of a directory's files, those of one.
     *
     * @param handler to hand them to
     * @param limit   most events to read, 0 or more
     * @return number of events read, those passed over included; 0 if there is none now, or the handler wants the first
     *     one again
     * @throws IllegalArgumentException if the limit is below 0
     * @throws CorruptJournalException  at an event that does not verify; neither it nor what follows is handed over, nor
     *     what precedes it in its claim
     * @throws JournalReplacedException at the end, if the path leads to another file now, or to none
     * @throws EventsReleasedException  at the end of a file that was deleted, if the next one was as well
     * @throws JournalException         if the file cannot be read any more
     * @throws IllegalStateException    if the reader is closed or in use
     */
    public int poll(final EventHandler handler, final int limit) {
        Objects.requireNonNull(handler, "handler"); // before an event counts as read
        if (limit < 0) {
            throw new IllegalArgumentException("limit " + limit + " is below 0");
        }
        use();
        try {
            final int read = read(handler, limit, end());
            if (commitEachPoll && read > 0) {
                commitHere();
            }
            return read;
        } catch (final InternalError e) {
            throw cutShort(e);
        } finally {
            release();
        }
    }

    /**
     * Hands over events and gaps as {@link #poll(EventHandler, int)} does, but waits for the first one: it looks again
     * every 20 microseconds at first, and when nothing has come for 10 milliseconds at growing intervals of up to a
     * millisecond. Who wants an event sooner calls the other {@code poll} in a loop, which takes a core.
     *
     * @param handler to hand them to
     * @param limit   most events to read, 0 or more
     * @param timeout longest time to wait; zero or less looks once
     * @return number of events read; 0 if the time was over, if the writer has closed the journal and all of it was read,
     *     or if the thread is interrupted, whose flag stays set
     * @throws IllegalArgumentException as the other does
     * @throws CorruptJournalException  as the other does
     * @throws JournalReplacedException as the other does
     * @throws JournalException         as the other does
     * @throws IllegalStateException    as the other does, also if the reader is closed meanwhile
     */
    public int poll(final EventHandler handler, final int limit, final Duration timeout) {
        Objects.requireNonNull(timeout, "timeout");
        final long nanos = TimeUnit.NANOSECONDS.convert(timeout); // at most the largest long
        final long start = System.nanoTime();
        long pause = FIRST_PAUSE_NANOS;
        int read = poll(handler, limit);
        while (read == 0 && limit > 0 && !isAtEnd()) {
            final long waited = System.nanoTime() - start;
            if (waited >= nanos || Thread.currentThread().isInterrupted()) {
                break;
            }
            LockSupport.parkNanos(Math.min(pause, nanos - waited));
            if (waited >= EAGER_NANOS) {
                pause = Math.min(2 * pause, LONGEST_PAUSE_NANOS);
            }
            read = poll(handler, limit);
        }
        return read;
    }

    /** Where the events end up to which can be read now. */
    private long end() {
        final long end = endOfFile();
        if (offset == end && files != null) {
            goOn();
            return endOfFile();
        }
        return end;
    }

    private long endOfFile() {
        final long end = view.writeOffset();
        lastEnd = end;
        if (offset > end) {
            throw corrupt("expected write_offset not to step back, found " + end, offset, sequence);
        }
        if (offset == end && files == null) {
            view.requirePath();
        }
        return end;
    }

    /** Goes on to the next file, if there is one and all of this one was read. */
    private void goOn() {
        final JournalView next = files.next(view, offset, sequence);
        if (next != null) {
            enter(next);
        }
    }

    /** Goes to the start of a file, and leaves the one before, unless a seek began there. */
    private void enter(final JournalView next) {
        final JournalView left = view;
        if (next != left) {
            show(next, newBlock(next));
            if (left != origin) {
                left.close();
            }
        }
        go(start());
    }

    private int read(final EventHandler handler, final int limit, final long end) {
        int read = 0;
        while (read < limit && offset < end && state.getOpaque() == IN_USE) {
            final int length = verify ? verified(end) : inPlace(end);
            final long before = lastEvent;
            read++;
            lastEvent = offset;
            offset += length; // first, so that an event whose handler throws counts as read
            sequence++;
            if (event.isShown()) {
                final long droppedBefore = droppedEvents;
                if (event.isGap()) {
                    droppedEvents = GapEvent.total(droppedBefore, event.dropped());
                }
                final Action action = handler.onEvent(event);
                if (action == Action.REPEAT) {
                    offset -= length;
                    lastEvent = before;
                    sequence--;
                    droppedEvents = droppedBefore;
                    return read - 1;
                }
                if (action != Action.CONTINUE) {
                    Objects.requireNonNull(action, "what a handler returns");
                    break;
                }
            }
        }
        return read;
    }

    private int verified(final long end) {
        final int length = block.nextOfClaim(offset, end);
        if (length == 0) {
            throw corrupt(block.problem(), block.problemOffset(), sequence + block.eventsBeforeProblem());
        }
        event.set(block.index(), block.word(), sequence, offset);
        return length;
    }

    private int inPlace(final long end) {
        long word = wordInPlace(offset, sequence, end);
        if (EventHeader.hasMore(word) && end - offset <= WHOLE_LENGTH && (offset < claimStart || offset >= claimEnd)) {
            lookOverClaim(word, end);
            word = wordInPlace(offset, sequence, end); // the window may have gone on
        }
        event.set((int) (offset - view.windowStart()), word, sequence, offset);
        return EventHeader.LENGTH + EventHeader.payloadLength(word);
    }

    /** Looks whether all events of a claim are there before one of them is handed over: only the end can lack some. */
    private void lookOverClaim(final long firstWord, final long end) {
        long at = offset;
        long word = firstWord;
        for (long number = sequence + 1; EventHeader.hasMore(word); number++) {
            at += EventHeader.LENGTH + EventHeader.payloadLength(word);
            if (at == end) {
                throw corrupt(
                        "expected the rest of the claim that begins at " + offset + ", found the end",
                        offset,
                        sequence);
            }
            word = wordInPlace(at, number, end);
        }
        claimStart = offset;
        claimEnd = at + EventHeader.LENGTH + EventHeader.payloadLength(word);
    }

    /** The word of an event that lies in the window as a whole. */
    private long wordInPlace(final long at, final long number, final long end) {
        if (end - at < EventHeader.LENGTH) {
            throw corrupt("expected an event before write_offset " + end + ", found one that is cut off", at, number);
        }
        final int index = indexInWindow(at, EventHeader.LENGTH, end);
        final long word = EventHeader.word(event.buffer(), index);
        final int length = EventHeader.LENGTH + EventHeader.payloadLength(word);
        if (!EventHeader.isEvent(word) || length > end - at) {
            throw corrupt(
                    "expected an event before write_offset " + end + ", found event_type " + EventHeader.type(word)
                            + ", flags " + EventHeader.flags(word) + " and " + length + " bytes",
                    at,
                    number);
        }
        indexInWindow(at, length, end);
        return word;
    }

    private int indexInWindow(final long at, final int length, final long end) {
        if (at < view.windowStart() || at + length > view.windowEnd()) {
            keepChecksum();
            event.lieIn(view.window(at, end));
        }
        return (int) (at - view.windowStart());
    }

    private CorruptJournalException corrupt(final String problem, final long at, final long number) {
        try {
            view.throwPendingFault();
        } catch (final InternalError e) {
            throw cutShort(e);
        }
        final boolean lost = !view.isClosed() && Long.compareUnsigned(offset, view.durableOffset()) >= 0;
        return new CorruptJournalException(
                lost ? Kind.UNSYNCED_DATA_LOST : Kind.CORRUPT_EVENT,
                view.path(),
                at,
                number,
                (lost ? "unsynced data lost: " : "corrupt event: ") + problem);
    }

    /** How the JVM reports a load from a mapped page that the file no longer has. */
    private JournalException cutShort(final InternalError e) {
        return new JournalException(view.path() + ": was cut short while it was read, near offset " + offset, e);
    }

    /**
     * Hands over all events and gaps that are there when this is called.
     *
     * @param consumer to hand them to; each is valid only during the call
     * @return number of events read, those passed over included
     * @throws CorruptJournalException as {@link #poll} does
     * @throws JournalException        as {@link #poll} does
     * @throws IllegalStateException   as {@link #poll} does
     */
    public long forEach(final Consumer<? super JournalEvent> consumer) {
        Objects.requireNonNull(consumer, "consumer");
        final EventHandler handler = shown -> {
            consumer.accept(shown);
            return Action.CONTINUE;
        };
        use();
        try {
            noteEnd(); // once: what the consumer itself brings about is not there yet
            long read = 0;
            while (isBeforeMark() && state.getOpaque() == IN_USE) {
                final long end = end();
                if (offset == end) {
                    break; // the last file is gone
                }
                read += read(handler, Integer.MAX_VALUE, isInLastFile() ? markOffset : end);
            }
            return read;
        } catch (final InternalError e) {
            throw cutShort(e);
        } finally {
            release();
        }
    }

    /** Remembers where the journal ends now. */
    void markEnd() {
        use();
        try {
            noteEnd();
        } finally {
            release();
        }
    }

    private void noteEnd() {
        markFile = files == null ? base() : files.newestBase(view);
        if (markFile == base()) {
            markOffset = endOfFile();
            return;
        }
        markOffset = FileHeader.LENGTH;
        try (JournalView newest = files.newest(null)) {
            markFile = newest.header().baseSequence();
            markOffset = newest.writeOffset();
        } catch (final CorruptJournalException e) {
            // it stops the reader when that comes to it, after all that lies before it
        }
    }

    private void closeUnlessHere(final JournalView other) {
        if (other != view) {
            other.close();
        }
    }

    private boolean isInLastFile() {
        return base() >= markFile;
    }

    /** Whether there is something to read that was there when the end was remembered. */
    boolean isBeforeMark() {
        return base() < markFile || base() == markFile && offset < markOffset;
    }

    private long base() {
        return view.header().baseSequence();
    }

    /**
     * Goes to the next event or gap, for those who prefer to pull: {@link #event} shows it until the next call of this
     * reader.
     *
     * @return false if there is none now
     * @throws CorruptJournalException as {@link #poll} does
     * @throws JournalException        as {@link #poll} does
     * @throws IllegalStateException   as {@link #poll} does
     */
    public boolean next() {
        found = false;
        poll(pull, Integer.MAX_VALUE);
        return found;
    }

    private Action pulled(final JournalEvent shown) {
        found = true;
        return Action.STOP;
    }

    /**
     * What {@link #next} has found.
     *
     * @return always the same object
     */
    public JournalEvent event() {
        return event;
    }

    /**
     * Goes to the journal's first event; of a directory, the first that is still there.
     *
     * @throws CorruptJournalException as {@link #open} does; the reader stays where it was
     * @throws JournalException        as {@link #open} does; the reader stays where it was
     * @throws IllegalStateException   if the reader is closed or in use
     */
    public void seekToStart() {
        seek(this::toStart);
    }

    private void toStart() {
        if (files != null) {
            turnTo(files.oldest(view));
        }
        go(start());
    }

    /**
     * Goes behind the last event that is there now, reading and verifying what lies before it in its file, from the last
     * entry of the file's index on: the format has no other way to know how many events that are while a writer has the
     * file open.
     *
     * @throws CorruptJournalException as {@link #poll} does; the reader stays where it was
     * @throws JournalException        as {@link #poll} does; the reader stays where it was
     * @throws IllegalStateException   if the reader is closed or in use
     */
    public void seekToEnd() {
        seek(this::toEnd);
    }

    private void toEnd() {
        if (files != null) {
            turnTo(files.newest(view));
        }
        walkToOffset(endOfFile());
    }

    /**
     * Goes to an event by its sequence number, reading and verifying what lies before it in its file, from the nearest
     * entry of the file's index on, or from its start where it has no index. May be the number of the next event to come.
     *
     * @param target sequence number
     * @throws IllegalArgumentException if the journal begins after it or ends before it; the reader stays where it was
     * @throws CorruptJournalException  as {@link #poll} does; the reader stays where it was
     * @throws JournalException         as {@link #poll} does; the reader stays where it was
     * @throws IllegalStateException    if the reader is closed or in use
     */
    public void seekSequence(final long target) {
        seek(() -> toSequence(target));
    }

    private void toSequence(final long target) {
        if (files != null) {
            turnTo(files.holding(target, view));
        }
        if (target < base()) {
            throw new IllegalArgumentException(
                    view.path() + ": begins with sequence " + base() + ", after the " + target + " asked for");
        }
        startWalk(target < sequence, view.index().floorBySequence(target - 1, endOfFile()));
        walk("has no sequence " + target, Long.MAX_VALUE, target - sequence);
    }

    /**
     * Goes to where a walk begins within the file: to an entry of the index that lies before what it is to reach, unless
     * here is nearer. The entry lies at least an event before it: which event precedes an entry, the index does not know,
     * and a position has to.
     */
    private void startWalk(final boolean isPast, final IndexEntry entry) {
        if (isPast || entry.offset() > offset) {
            go(entry);
        }
    }

    private void go(final IndexEntry entry) {
        go(new JournalPosition(base(), entry.offset(), entry.sequence(), 0, header().checksum()));
    }

    /**
     * Goes to the journal's first event or gap of a time or later. Timestamps may step back: what follows may be earlier
     * again, and what lies before is not. Which files have nothing of that time is not known before each has been looked
     * at, since clocks step back across files too: so the files are gone through in their order, and in each only what
     * follows the last entry of its index before which all is earlier is read and verified, about a MiB; of a file without
     * an index all.
     *
     * @param time earliest timestamp, in nanoseconds since the Unix epoch or what the application means by it
     * @return whether there is one; if not, the reader is behind the last event
     * @throws CorruptJournalException as {@link #poll} does; the reader stays where it was
     * @throws JournalException        as {@link #poll} does; the reader stays where it was
     * @throws IllegalStateException   if the reader is closed or in use
     */
    public boolean seekTime(final long time) {
        final SeekTime way = new SeekTime(time);
        seek(way);
        return way.found;
    }

    /** The way to the first event of a time. */
    private final class SeekTime implements Runnable, EventHandler {
        private final long time;
        private boolean found;

        private SeekTime(final long time) {
            this.time = time;
        }

        @Override
        public void run() {
            toStart();
            while (!found && end() > offset && state.getOpaque() == IN_USE) {
                final long end = endOfFile();
                if (offset == FileHeader.LENGTH) {
                    go(view.index().floorByTime(time, end));
                }
                read(this, Integer.MAX_VALUE, end);
            }
            if (found && offset == lastEvent && offset > FileHeader.LENGTH) {
                final long place = offset;
                go(start());
                walkToOffset(place); // over the event before it
            }
        }

        @Override
        public Action onEvent(final JournalEvent shown) {
            found = shown.timestamp() >= time;
            return found ? Action.REPEAT : Action.CONTINUE;
        }
    }

    /**
     * Goes to before the last events that are there now, the journal's own that are passed over included; to the first, if
     * there are not so many. Reads and verifies as {@link #seekToEnd} and {@link #seekSequence} do.
     *
     * @param events number of events, 0 or more
     * @throws IllegalArgumentException if the number is below 0
     * @throws CorruptJournalException  as {@link #poll} does; the reader stays where it was
     * @throws JournalException         as {@link #poll} does; the reader stays where it was
     * @throws IllegalStateException    if the reader is closed or in use
     */
    public void seekToLast(final long events) {
        if (events < 0) {
            throw new IllegalArgumentException("number of events " + events + " is below 0");
        }
        seek(() -> {
            toEnd();
            final long first = files == null ? base() : files.first(view);
            toSequence(Math.max(first, sequence - events));
        });
    }

    /**
     * Goes to an event of the file that the reader is in by its offset, reading and verifying what lies before it, as
     * {@link #seekSequence} does. May be where the next event to come will begin.
     *
     * @param target bytes from the start of the file
     * @throws IllegalArgumentException if no event begins there; the reader stays where it was
     * @throws CorruptJournalException  as {@link #poll} does; the reader stays where it was
     * @throws JournalException         as {@link #poll} does; the reader stays where it was
     * @throws IllegalStateException    if the reader is closed or in use
     */
    public void seekOffset(final long target) {
        seek(() -> walkToOffset(target));
    }

    private void walkToOffset(final long target) {
        startWalk(target < offset, view.index().floorByOffset(target - 1, endOfFile()));
        walk("no event begins at offset " + target, target, Long.MAX_VALUE);
    }

    /** Passes over events of the file up to an offset, or over so many. */
    private void walk(final String missed, final long toOffset, final long events) {
        final long end = endOfFile();
        long left = events;
        while (offset < toOffset && left > 0 && read(PASS_OVER, 1, end) > 0) {
            left--;
        }
        if (offset != toOffset && left != 0) {
            if (files != null && offset == end) {
                files.requireNoneMissing(view, offset, sequence);
            }
            throw new IllegalArgumentException(view.path() + ": " + missed + "; sequence " + sequence
                    + (offset == end ? " is the next to come, at offset " : " begins at offset ") + offset);
        }
    }

    private void seek(final Runnable way) {
        go(way, true);
    }

    /**
     * Goes to another place, and returns which that is. If it is not to stay there, or there is none, the reader is where
     * it was.
     */
    private JournalPosition go(final Runnable way, final boolean stay) {
        use();
        final JournalPosition before = position();
        final long dropped = droppedEvents;
        final EventVerifier originBlock = block;
        boolean stays = false;
        origin = view;
        try {
            way.run();
            stays = stay;
            return position();
        } catch (final InternalError e) {
            throw cutShort(e);
        } finally {
            final JournalView left = stays ? origin : view;
            if (!stays && view != origin) {
                origin.dropWindow(); // the event lies in the other file's
                show(origin, originBlock);
            }
            if (!stays) {
                go(before);
            }
            droppedEvents = stays ? 0 : dropped;
            pending = stays ? null : pending; // it may be of a file in which the reader is no more
            origin = null;
            closeUnlessHere(left);
            release();
        }
    }

    /** Goes to the start of a file, unless it is the one that the reader is in. */
    private void turnTo(final JournalView other) {
        if (other != view) {
            enter(other);
        }
    }

    /**
     * Goes to a place, as {@link #position} gave it, at once. The event before it must still be there: it is read, verified
     * as {@link #poll} would, and compared. Where the journal ends before it, which after a power loss it may, or other
     * events were written there since, this fails, and no other event gets an old number. At a file's start, and in files
     * without checksums, it is the file that must be the same. If its file was released, and nothing that was to be read of
     * it, the place is the start of the next one.
     *
     * @param target to go to
     * @throws StalePositionException  if the journal does not have it; the reader stays where it was
     * @throws EventsReleasedException if its file is gone, with events that were still to be read; the reader stays where
     *     it was
     * @throws JournalException        if the file cannot be read any more
     * @throws IllegalStateException   if the reader is closed or in use
     */
    public void seek(final JournalPosition target) {
        Objects.requireNonNull(target, "target");
        seek(() -> toPosition(target));
    }

    private void toPosition(final JournalPosition target) {
        if (files != null) {
            turnTo(files.of(target, view));
            if (base() == target.sequence() && target.fileSequence() < base()) {
                go(start());
                return;
            }
        }
        String reason = refusal(target);
        if (reason.isEmpty()) {
            reason = target.lastLength() == 0 ? otherFile(target) : otherEvent(target);
        }
        if (!reason.isEmpty()) {
            throw new StalePositionException(view.path() + ": position " + target + ": " + reason);
        }
        go(target);
    }

    private String refusal(final JournalPosition target) {
        final boolean complete = view.isClosed(); // first, as the offset
        final long end = view.writeOffset();
        final long count = view.eventCount();
        final long before = target.sequence() - base();
        if (target.fileSequence() != base()) {
            return "expected the file that begins with sequence " + target.fileSequence()
                    + ", found none before this one" + ", which begins with " + base() + " and ends at offset " + end;
        }
        if (target.offset() > end) {
            return "the file ends before it, at offset " + end + ", where sequence " + (base() + count)
                    + " is the next to come: what was read there has not survived";
        }
        if (target.offset() < FileHeader.LENGTH) {
            return "events begin at offset " + FileHeader.LENGTH;
        }
        if (!fits(before, target.offset() - FileHeader.LENGTH)
                || before > count
                || complete && !fits(count - before, end - target.offset())) {
            return "no event there can have that number, if the file has " + count + " events up to offset " + end
                    + ", as its header says";
        }
        return "";
    }

    private String otherFile(final JournalPosition target) {
        if (target.offset() != FileHeader.LENGTH) {
            return "expected an event before it, of which it does not tell";
        }
        return target.checksum() == header().checksum()
                ? ""
                : JournalHeader.expected("another file: header_checksum", target.checksum(), header().checksum());
    }

    private String otherEvent(final JournalPosition target) {
        final String event = "the event before it, sequence " + (target.sequence() - 1) + ", is another one: ";
        final long begin = target.offset() - target.lastLength();
        if (begin < FileHeader.LENGTH || target.lastLength() < EventHeader.LENGTH) {
            return event + "expected one of " + target.lastLength() + " bytes, which is none";
        }
        final long word;
        if (verify) {
            if (block.next(begin, target.offset()) == 0) {
                return event + "at offset " + begin + ": " + block.problem();
            }
            word = block.word();
        } else {
            word = EventHeader.word(this.event.buffer(), indexInWindow(begin, target.lastLength(), target.offset()));
        }
        final int length = EventHeader.LENGTH + EventHeader.payloadLength(word);
        if (!EventHeader.isEvent(word) || length != target.lastLength()) {
            return event + "expected one of " + target.lastLength() + " bytes at offset " + begin + ", found type "
                    + EventHeader.type(word) + " and " + length + " bytes";
        }
        return !header().hasChecksums() || EventHeader.checksum(word) == target.checksum()
                ? ""
                : event + JournalHeader.expected("checksum", target.checksum(), EventHeader.checksum(word));
    }

    private static boolean fits(final long events, final long bytes) {
        return events >= bytes / EventHeader.MAX_EVENT_LENGTH + (bytes % EventHeader.MAX_EVENT_LENGTH == 0 ? 0 : 1)
                && events <= bytes / EventHeader.LENGTH;
    }

    private void go(final JournalPosition target) {
        offset = target.offset();
        sequence = target.sequence();
        lastEvent = target.offset() - target.lastLength();
        keptChecksum = target.checksum();
        keptOffset = offset;
    }

    private void keepChecksum() {
        keptChecksum = checksum();
        keptOffset = offset;
    }

    /** The checksum before the reader's place. */
    private int checksum() {
        if (keptOffset == offset || !header().hasChecksums()) {
            return keptOffset == offset ? keptChecksum : 0;
        }
        final int index = event.index() + (int) (lastEvent - event.offset()); // the event may be repeated
        if (verify) { // where events are verified, the fields of their checksums are zeroed
            return eventChecksum.compute(event.buffer().byteArray(), index, (int) (offset - lastEvent), lastEvent);
        }
        return EventHeader.checksum(EventHeader.word(event.buffer(), index));
    }

    private JournalPosition start() {
        return new JournalPosition(base(), FileHeader.LENGTH, base(), 0, header().checksum());
    }

    /**
     * Where the next event is, to come back to, with this reader or another one.
     *
     * @return a value that stays as it is when the reader goes on
     */
    public JournalPosition position() {
        return new JournalPosition(base(), offset, sequence, (int) (offset - lastEvent), checksum());
    }

    /**
     * Keeps the reader's position under its name, durably: a reader that is opened with the name goes on there, whatever
     * happens. Never past what of the journal is on the device, unless the config says so: where the events before the
     * position are not yet, it is kept by a later commit, once they are, if that one's own cannot be. Takes a force to the
     * device. Not in a handler.
     *
     * @return whether the reader's position is kept; if not, what was kept before still is, or the position of an earlier
     *     call
     * @throws JournalException      if it could not be kept; then the position before is, or this
     * @throws IllegalStateException if the reader has no name, is closed or in use
     */
    public boolean commit() {
        use();
        try {
            return commitHere();
        } finally {
            release();
        }
    }

    private boolean commitHere() {
        if (slot == null) {
            throw new IllegalStateException(view.path() + ": the reader has no name under which to keep its position");
        }
        final JournalPosition here = position();
        final boolean durable = commitBeforeDurable || isDurable(here);
        final JournalPosition kept = durable ? here : pending;
        if (kept != null && !kept.equals(committed) && (durable || isDurable(kept))) {
            slot.commit(Readers.entry(slot.name(), kept));
            committed = kept;
        }
        if (durable) {
            pending = null;
        } else if (pending == null || pending.equals(committed)) {
            pending = here;
        }
        return durable;
    }

    /** Whether all events before the reader's place are on the device. */
    boolean isDurable() {
        return isDurable(position());
    }

    /** Whether all events before a position are on the device, which is in this file or, once read, one before. */
    private boolean isDurable(final JournalPosition position) {
        if (!durableBefore) {
            durableBefore = files == null || files.isDurableBefore(view);
        }
        return durableBefore
                && (position.fileSequence() < base()
                        || Long.compareUnsigned(position.offset(), view.durableOffset()) <= 0);
    }

    /**
     * What is kept under the reader's name, as far as this reader has committed it or began there.
     *
     * @return the position; empty without a name, and before anything was kept
     */
    public Optional<JournalPosition> committedPosition() {
        return Optional.ofNullable(committed);
    }

    /**
     * Where the journal ends now, in its newest file. Takes a walk from an entry of its index, or from where the reader is
     * in it, as {@link #seekToEnd} does; the reader stays where it was. {@link #lag} says at once how far behind it is.
     *
     * @return the place of the next event to come
     * @throws CorruptJournalException as {@link #poll} does
     * @throws JournalException        as {@link #poll} does
     * @throws IllegalStateException   if the reader is closed or in use
     */
    public JournalPosition endPosition() {
        return go(this::toEnd, false);
    }

    /**
     * Where the events end now of the file that the reader is in, which is where {@link #offset} is at its end; others may
     * follow it.
     *
     * @return bytes from the start of the file
     * @throws CorruptJournalException  if that is before where the reader is
     * @throws JournalReplacedException as {@link #poll} does
     * @throws JournalException         if the file cannot be read any more
     * @throws IllegalStateException    if the reader is closed or in use
     */
    public long endOffset() {
        use();
        try {
            return endOfFile();
        } finally {
            release();
        }
    }

    /**
     * Number of the next event to come, as the header of the newest file says: it may be ahead by what is being published
     * just now. Looks into the directory if the journal is one.
     *
     * @return its sequence number
     * @throws JournalException      if the journal cannot be read any more
     * @throws IllegalStateException if the reader is closed or in use
     */
    public long endSequence() {
        return sequence + lag().events();
    }

    /**
     * How far the reader is behind the journal's end, as the headers of its files say: it may be ahead of that by what is
     * being published just now. Looks into the directory if the journal is one, and at each file between reader and end.
     *
     * @return what is still to be read
     * @throws JournalException      if the journal cannot be read any more
     * @throws IllegalStateException if the reader is closed or in use
     */
    public Lag lag() {
        use();
        try {
            final long end = view.writeOffset(); // first, as the count
            final Lag here = new Lag(base() + view.eventCount() - sequence, end - offset);
            return files == null ? here : files.lag(view, sequence, here.bytes());
        } finally {
            release();
        }
    }

    /**
     * Where the next event begins.
     *
     * @return bytes from the start of the file
     */
    public long offset() {
        return offset;
    }

    /**
     * Number of the next event. They run on from one file of a directory to the next.
     *
     * @return its sequence number
     */
    public long sequence() {
        return sequence;
    }

    /**
     * Events that the gaps read since the start, or since the last seek, say were dropped.
     *
     * @return number of events, unsigned; 2^64-1 if it is larger
     */
    public long droppedEvents() {
        return droppedEvents;
    }

    /**
     * Whether the writer has closed the journal and all of it was read, so that no more will come, unless another writer
     * opens it again. At the end of a directory's newest file, once that is closed, this looks into the directory.
     *
     * @return true at the end
     * @throws CorruptJournalException  if the file ends before where the reader is
     * @throws JournalReplacedException as {@link #poll} does
     * @throws JournalException         if the file cannot be read any more
     * @throws IllegalStateException    if the reader is closed or in use
     */
    public boolean isAtEnd() {
        use();
        try {
            return view.isClosed() && offset == endOfFile() && (files == null || files.isNewest(view));
        } finally {
            release();
        }
    }

    /**
     * The header of the file that the reader is in, as it was when the reader came to it.
     *
     * @return the header
     */
    public JournalHeader header() {
        return view.header();
    }

    private boolean isClosed() {
        return state.get() >= CLOSING;
    }

    private void use() {
        if (!state.compareAndSet(FREE, IN_USE)) {
            throw new IllegalStateException(view.path()
                    + (isClosed()
                            ? ": the reader is closed"
                            : ": the reader is in use, by another thread or by the call that calls its handler"));
        }
    }

    private void release() {
        if (!state.compareAndSet(IN_USE, FREE)) {
            state.set(CLOSED);
            closeAll();
        }
    }

    /**
     * Closes the file and gives the name back, if the reader has one; commits nothing. By any thread, and any number of times. What was handed over is no event any more after that, but
     * still readable memory.
     */
    @Override
    public void close() {
        while (!isClosed() && !state.compareAndSet(IN_USE, CLOSING)) {
            if (state.compareAndSet(FREE, CLOSED)) {
                closeAll();
            }
        }
    }

    private void closeAll() {
        try {
            view.close();
        } finally {
            if (slot != null) {
                slot.close();
            }
        }
    }

    /** File and place, and where the journal ended when the reader last looked. Any thread may ask. */
    @Override
    public String toString() {
        return "JournalReader[" + view.path() + ", sequence=" + sequence + ", offset=" + offset + ", end=" + lastEnd
                + (verify ? ", verified" : ", not verified") + (isClosed() ? ", closed]" : "]");
    }
}
