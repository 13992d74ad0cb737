package dev.evtl.replay;

import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** How a journal is read and from where. Immutable; made by a {@link Builder}, whose defaults serve most applications. */
public final class ReaderConfig {
    final boolean verify;
    final Start start;
    final long waitNanos;
    final String name;
    final boolean commitEachPoll;
    final boolean commitBeforeDurable;

    /** Where to begin. */
    record Start(String name, Consumer<JournalReader> seek) {
        @Override
        public String toString() {
            return name;
        }
    }

    private ReaderConfig(final Builder builder) {
        verify = builder.verify;
        start = builder.start;
        waitNanos = builder.waitNanos;
        name = builder.name;
        commitEachPoll = builder.commitEachPoll;
        commitBeforeDurable = builder.commitBeforeDurable;
    }

    /**
     * Begins with the defaults.
     *
     * @return a builder that verifies every event and starts at the beginning
     */
    public static Builder builder() {
        return new Builder();
    }

    ReaderConfig withoutName() {
        final Builder builder = new Builder().verify(verify).waitFor(Duration.ofNanos(waitNanos));
        builder.start = start;
        return builder.build();
    }

    @Override
    public String toString() {
        return "ReaderConfig[verify=" + verify + ", start=" + start
                + (waitNanos > 0 ? ", waitFor=" + Duration.ofNanos(waitNanos) : "")
                + (name == null
                        ? "]"
                        : ", name=" + name + ", commitEachPoll=" + commitEachPoll + ", commitBeforeDurable="
                                + commitBeforeDurable + "]");
    }

    /** Sets what differs from the defaults. Each setter returns this builder. For one thread. */
    public static final class Builder {
        private boolean verify = true;
        private Start start = new Start("beginning", JournalReader::seekToStart);

        private long waitNanos;
        private String name;
        private boolean commitEachPoll;
        private boolean commitBeforeDurable;

        private Builder() {}

        /**
         * Whether to verify every event. Without, a damaged event may be delivered. Default true.
         *
         * @param verifies false not to
         * @return this
         */
        public Builder verify(final boolean verifies) {
            verify = verifies;
            return this;
        }

        /**
         * Starts with the journal's first event; the default.
         *
         * @return this
         */
        public Builder startAtBeginning() {
            start = new Start("beginning", JournalReader::seekToStart);
            return this;
        }

        /**
         * Starts after all that is there, as {@link JournalReader#seekToEnd} does.
         *
         * @return this
         */
        public Builder startAtEnd() {
            start = new Start("end", JournalReader::seekToEnd);
            return this;
        }

        /**
         * Starts with an event, as {@link JournalReader#seekSequence} does. Where there is none of that number, opening
         * throws an {@link IllegalArgumentException}.
         *
         * @param sequence of the event, 0 or more
         * @return this
         * @throws IllegalArgumentException if the number is below 0
         */
        public Builder startAtSequence(final long sequence) {
            if (sequence < 0) {
                throw new IllegalArgumentException("sequence " + sequence + " is below 0");
            }
            start = new Start("sequence " + sequence, reader -> reader.seekSequence(sequence));
            return this;
        }

        /**
         * Starts with the first event of a time or later, as {@link JournalReader#seekTime} does; at the end, if there is
         * none.
         *
         * @param time earliest timestamp, in nanoseconds since the Unix epoch or what the application means by it
         * @return this
         */
        public Builder startAtTime(final long time) {
            start = new Start("time " + time, reader -> reader.seekTime(time));
            return this;
        }

        /**
         * Starts before the last events that are there, as {@link JournalReader#seekToLast} does.
         *
         * @param events number of events, 0 or more
         * @return this
         * @throws IllegalArgumentException if the number is below 0
         */
        public Builder startAtLast(final long events) {
            if (events < 0) {
                throw new IllegalArgumentException("number of events " + events + " is below 0");
            }
            start = new Start("last " + events, reader -> reader.seekToLast(events));
            return this;
        }

        /**
         * Starts where a reader was, as {@link JournalReader#seek} does. Where the journal no longer has that place, opening
         * throws a {@link dev.evtl.journal.exceptions.StalePositionException}.
         *
         * @param position that {@link JournalReader#position} gave
         * @return this
         */
        public Builder startAtPosition(final JournalPosition position) {
            Objects.requireNonNull(position, "position");
            start = new Start(position.toString(), reader -> reader.seek(position));
            return this;
        }

        /**
         * How long opening waits for a journal that is not there yet: for its file, or for the first one in its directory.
         * After that, or when the thread is interrupted, whose flag stays set, it throws a
         * {@link dev.evtl.journal.exceptions.JournalNotFoundException}. Default: not at all.
         *
         * @param timeout longest time to wait; zero or less looks once
         * @return this
         */
        public Builder waitFor(final Duration timeout) {
            Objects.requireNonNull(timeout, "timeout");
            waitNanos = TimeUnit.NANOSECONDS.convert(timeout); // at most the largest long
            return this;
        }

        /**
         * Gives the reader a name, under which its position is kept beside the journal, durably, each time that
         * {@link JournalReader#commit} is called. A reader that is opened with the name again, after a crash too, goes on
         * exactly there; only the first one begins where the config says. A name is for one reader at a time, in all
         * processes: another is refused with a {@link dev.evtl.journal.exceptions.JournalLockedException}. Opening with a
         * name needs the right to write beside the journal. Default: no name.
         *
         * @param readerName of 1 to 255 bytes in UTF-8
         * @return this
         */
        public Builder name(final String readerName) {
            name = Objects.requireNonNull(readerName, "readerName");
            return this;
        }

        /**
         * Whether a reader with a name commits its position after each {@link JournalReader#poll} that has read something,
         * which takes a force to the device each time. Default false: the application commits.
         *
         * @param commits true to
         * @return this
         */
        public Builder commitEachPoll(final boolean commits) {
            commitEachPoll = commits;
            return this;
        }

        /**
         * Whether a reader with a name may commit a position before all events that lie before it are on the device. After a
         * power loss the journal may then end before the position, and the reader of that name is refused with a
         * {@link dev.evtl.journal.exceptions.StalePositionException} until it is moved. Default false.
         *
         * @param commits true to
         * @return this
         */
        public Builder commitBeforeDurable(final boolean commits) {
            commitBeforeDurable = commits;
            return this;
        }

        /**
         * Makes the config.
         *
         * @return the config
         */
        public ReaderConfig build() {
            return new ReaderConfig(this);
        }
    }
}
