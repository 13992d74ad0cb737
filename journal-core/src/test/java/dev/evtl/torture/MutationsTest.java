package dev.evtl.torture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The mutations of {@code Bite.java} find what they take away, and the tests that must notice it. */
class MutationsTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern CHANGE = Pattern.compile("<<<<\n(.*?)====\n", Pattern.DOTALL);
    private static final Pattern TEST =
            Pattern.compile("^(?:test: (\\S+)|(jcstress):) (\\w+)(?:[#.](\\w+))?$", Pattern.MULTILINE);

    static Stream<Path> mutations() throws IOException {
        try (Stream<Path> files = Files.list(Path.of("src/test/bite"))) {
            return files.filter(file -> file.toString().endsWith(".mutation")).sorted().toList().stream();
        }
    }

    @ParameterizedTest
    @MethodSource("mutations")
    void findsWhatItTakesAwayOnceAndItsTests(final Path mutation) throws IOException {
        final String text = Files.readString(mutation);
        final Matcher file = Pattern.compile("^file: (.+)$", Pattern.MULTILINE).matcher(text);
        assertTrue(file.find(), "names no file");
        final String source = Files.readString(ROOT.resolve(file.group(1)));
        final List<String> changes = CHANGE.matcher(text)
                .results()
                .map(change -> change.group(1).strip())
                .toList();
        assertTrue(!changes.isEmpty(), "takes nothing away");
        for (final String change : changes) {
            assertEquals(2, source.split(Pattern.quote(change), -1).length, change);
        }
        final Matcher test = TEST.matcher(text);
        assertTrue(test.find(), "names no test");
        do {
            assertHas(test.group(1), test.group(3), test.group(4));
        } while (test.find());
    }

    private static void assertHas(final String module, final String name, final String member) throws IOException {
        final Path tests = module == null
                ? Path.of("src/jcstress/java")
                : ROOT.resolve(module).resolve("src/test/java");
        try (Stream<Path> files = Files.walk(tests)) {
            final Path file = files.filter(path -> path.endsWith(name + ".java"))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError("there is no " + name));
            assertTrue(member == null || Files.readString(file).contains(" " + member), name + " has no " + member);
        }
    }
}
