package dev.evtl.cli.console;

import java.io.PrintStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/** A progress bar for what takes more than two seconds, where there is a terminal to show it on. For one thread. */
public final class Progress implements AutoCloseable {
    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final int WIDTH = 79;

    private final String task;
    private final long total;
    private final PrintStream terminal;
    private final LongSupplier nanoTime;
    private final long start;
    private ProgressBar bar;

    /**
     * Shows nothing yet.
     *
     * @param total    bytes, or 0 or less if nobody knows
     * @param terminal to show it on, or null if there is none
     */
    public Progress(final String task, final long total, final PrintStream terminal, final LongSupplier nanoTime) {
        this.task = task;
        this.total = total;
        this.terminal = terminal;
        this.nanoTime = nanoTime;
        this.start = nanoTime.getAsLong();
    }

    /** Says how far the task is, in bytes. */
    public void at(final long position) {
        if (bar != null) {
            bar.stepTo(position);
        } else if (terminal != null && nanoTime.getAsLong() - start > PATIENCE_NANOS) {
            bar = new ProgressBarBuilder()
                    .setTaskName(task)
                    .setInitialMax(total > 0 ? total : -1)
                    .startsFrom(position, Duration.ofNanos(PATIENCE_NANOS))
                    .setUnit(" MiB", 1 << 20)
                    .setStyle(ProgressBarStyle.ASCII)
                    .setConsumer(new ConsoleProgressBarConsumer(terminal, WIDTH) {
                        @Override
                        public void close() {
                            // no line is left to end
                        }
                    })
                    .build();
        }
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
            // not left to the bar, which does not clear what it shows for the first time when it is closed
            terminal.print("\r" + " ".repeat(WIDTH) + "\r");
            terminal.flush();
        }
    }
}
