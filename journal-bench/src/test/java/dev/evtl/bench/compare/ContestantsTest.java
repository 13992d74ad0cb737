package dev.evtl.bench.compare;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The contestants do in this JVM what they do in their own; the peers, which need flags, only there. */
class ContestantsTest {
    private static final int EVENTS = 10_000;

    @TempDir
    private Path directory;

    static Stream<String> ids(final Group... groups) {
        return Roster.all().stream()
                .filter(c -> c.role() != Role.PEER)
                .filter(c -> Stream.of(groups).anyMatch(c.groups()::contains))
                .map(Contestant::id);
    }

    static Stream<String> writers() {
        return ids(Group.WRITE, Group.FIRST_TOUCH, Group.BUSY, Group.READ, Group.SIZE, Group.COLD);
    }

    static Stream<String> offerers() {
        return ids(Group.CALLER, Group.VISIBLE);
    }

    static Stream<String> syncers() {
        return ids(Group.SYNC);
    }

    private static Reply ask(final Child child, final String command) {
        final String answer = child.answer(command);
        assertTrue(answer.startsWith(Child.OK), () -> command + ": " + answer);
        return Reply.parse(answer.substring(Child.OK.length()).strip());
    }

    @ParameterizedTest
    @MethodSource("writers")
    void allThatIsWrittenIsReadBack(final String id) {
        final Child child = new Child(Roster.find(id));

        ask(child, "open " + directory + " " + EVENTS);
        final Reply written = ask(child, "publish " + EVENTS);
        ask(child, "close");
        final Reply read = ask(child, "read " + directory + " " + EVENTS + " true");

        assertTrue(written.number("nanos") >= written.number("callerNanos"));
        assertTrue(written.number("callerNanos") > 0);
        assertTrue(read.number("nanos") > 0);
    }

    @ParameterizedTest
    @MethodSource("writers")
    void moreThanExpectedIsRefused(final String id) {
        final Child child = new Child(Roster.find(id));

        ask(child, "open " + directory + " " + EVENTS);
        ask(child, "publish " + EVENTS);
        ask(child, "close");

        final String answer = child.answer("read " + directory + " " + (EVENTS - 4) + " true");
        assertEquals("error java.lang.IllegalStateException: more than " + (EVENTS - 4) + " events were read", answer);
    }

    @ParameterizedTest
    @MethodSource("offerers")
    void everyOfferIsTimedAndReadBack(final String id) {
        final Child child = new Child(Roster.find(id));

        ask(child, "open " + directory + " " + EVENTS);
        ask(child, "attach " + directory);
        final Reply offered = ask(child, "offer " + EVENTS + " 1000000");
        final Reply followed = ask(child, "follow " + EVENTS);
        ask(child, "close");
        ask(child, "read " + directory + " " + EVENTS + " false");

        assertEquals(EVENTS, offered.histogram("call").getTotalCount());
        assertEquals(EVENTS, offered.histogram("sinceIntended").getTotalCount());
        assertEquals(EVENTS, followed.histogram("visible").getTotalCount());
    }

    @ParameterizedTest
    @MethodSource("syncers")
    void everyEventIsForced(final String id) {
        final Child child = new Child(Roster.find(id));

        ask(child, "open " + directory + " 0");
        final Reply synced = ask(child, "sync 300");
        ask(child, "close");

        assertTrue(synced.number("forces") > 0);
        assertEquals(synced.number("events"), synced.histogram("durable").getTotalCount());
        if (Roster.find(id).role() != Role.WALL) {
            ask(child, "read " + directory + " " + synced.number("events") + " true");
        }
    }
}
