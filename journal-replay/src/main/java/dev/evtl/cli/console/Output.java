package dev.evtl.cli.console;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;

/**
 * Standard output, whose failures are unchecked: a PrintWriter keeps an IOException to itself, and what prints to it
 * would go on although nobody reads.
 */
public final class Output extends OutputStream {
    private final OutputStream target;

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
            return String.valueOf(getCause().getMessage()).contains("Broken pipe");
        }
    }

    @Override
    public void write(final int b) {
        write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(final byte[] bytes, final int offset, final int length) {
        try {
            target.write(bytes, offset, length);
        } catch (final IOException e) {
            throw new Failure(e);
        }
    }

    @Override
    public void flush() {
        try {
            target.flush();
        } catch (final IOException e) {
            throw new Failure(e);
        }
    }
}
