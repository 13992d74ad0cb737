package dev.evtl.cli.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;

/**
 * Standard output, whose failures are unchecked: a PrintWriter keeps an IOException to itself, and what prints to it
 * would go on although nobody reads. After the first failure every call fails in the same way.
 */
public final class Output extends OutputStream {
    private final OutputStream target;
    private IOException failure;

    Output(final OutputStream target) {
        this.target = target;
    }

    public static final class Failure extends UncheckedIOException {
        private static final long serialVersionUID = 1L;

        Failure(final IOException cause) {
            super("standard output: could not be written: " + cause.getMessage(), cause);
        }

        /** Whether the one who read it has had enough, which is no failure of ours. */
        public boolean isClosedPipe() {
            return closedPipe().equals(getCause().getMessage());
        }

        /** What the system says of a closed pipe, in the user's language: there is no other way to know such a failure. */
        private static String closedPipe() {
            try {
                final Pipe pipe = Pipe.open();
                try (Pipe.SinkChannel sink = pipe.sink()) {
                    pipe.source().close();
                    sink.write(ByteBuffer.allocate(1));
                }
            } catch (final IOException e) {
                return String.valueOf(e.getMessage());
            }
            throw new IllegalStateException("a pipe was written to that nobody reads");
        }
    }

    @Override
    public void write(final int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int length) {
        attempt(() -> target.write(bytes, offset, length));
    }

    @Override
    public void flush() {
        attempt(target::flush);
    }

    private interface Call {
        void run() throws IOException;
    }

    private void attempt(final Call call) {
        if (failure == null) {
            try {
                call.run();
                return;
            } catch (final IOException e) {
                failure = e;
            }
        }
        throw new Failure(failure); // a new one, which can be suppressed by an earlier one
    }
}
