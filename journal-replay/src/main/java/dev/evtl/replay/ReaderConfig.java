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
    }

    /**
     * Begins with the defaults.
     *
     * @return a builder that verifies every event and starts at the beginning
     */
    public static Builder builder() {
        return new Builder();
    }

    @Override
    public String toString() {
        return "ReaderConfig[verify=" + verify + ", start=" + start + ", waitFor=" + Duration.ofNanos(waitNanos) + "]";
    }

    /** Sets what differs from the defaults. Each setter returns this builder. For one thread. */
    public static final class Builder {
        private boolean verify = true;
        private Start start = new Start("beginning", JournalReader::seekToStart);

        private long waitNanos;

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
         * Makes the config.
         *
         * @return the config
         */
        public ReaderConfig build() {
            return new ReaderConfig(this);
        }
    }
}
