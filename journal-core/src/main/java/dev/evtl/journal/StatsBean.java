package dev.evtl.journal;

import dev.evtl.journal.exceptions.JournalException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/**
 * The MBean of a journal, named by its path, from its opening to its close. For any thread.
 *
 * <p>A journal may end without a close, and another may be opened on its file before a close has done all. The name then
 * belongs to the new one, because only one of them can have had the file's lock, and the close of the old one leaves it
 * alone.
 */
final class StatsBean {
    private static final Map<ObjectName, StatsBean> BY_NAME = new HashMap<>();

    private final ObjectName name;

    private StatsBean(final ObjectName name) {
        this.name = name;
    }

    /** Registers the statistics of a journal that holds its file's lock. */
    static StatsBean register(final Path journal, final JournalStats stats) {
        final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        synchronized (BY_NAME) {
            try {
                final ObjectName name =
                        new ObjectName("dev.evtl:type=Journal,file=" + ObjectName.quote(journal.toString()));
                final StatsBean before = BY_NAME.get(name);
                if (before != null) {
                    before.unregister();
                }
                server.registerMBean(stats, name);
                final StatsBean bean = new StatsBean(name);
                BY_NAME.put(name, bean);
                return bean;
            } catch (final JMException e) {
                throw new JournalException(journal + ": could not be registered as an MBean: " + e.getMessage(), e);
            }
        }
    }

    /** Unregisters the MBean, unless its name belongs to another journal by now. */
    void unregister() {
        synchronized (BY_NAME) {
            if (BY_NAME.remove(name, this)) {
                try {
                    ManagementFactory.getPlatformMBeanServer().unregisterMBean(name);
                } catch (final InstanceNotFoundException e) {
                    // other code has unregistered it
                } catch (final JMException e) {
                    throw new JournalException(name + ": could not be unregistered: " + e.getMessage(), e);
                }
            }
        }
    }
}
