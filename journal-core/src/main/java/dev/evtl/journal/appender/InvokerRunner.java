package dev.evtl.journal.appender;

import dev.evtl.journal.ring.JournalRing;
import org.agrona.concurrent.AgentInvoker;

/** The application runs the appender, on any thread, one at a time. */
public final class InvokerRunner extends AppenderRunner {
    private final AgentInvoker invoker;

    /** For an appender that does not run yet. */
    public InvokerRunner(final Appender appender, final JournalRing ring) {
        super(appender, ring);
        this.invoker = new AgentInvoker(appender::onError, null, new Duty());
    }

    @Override
    void startAppender() {
        invoker.start();
    }

    @Override
    public AgentInvoker invoker() {
        return invoker;
    }

    @Override
    void wake() {
        // the application's duty cycle goes on by itself
    }

    @Override
    void stop() {
        // the invoker finds the appender terminated
    }
}
