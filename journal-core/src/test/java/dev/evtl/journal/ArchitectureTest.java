package dev.evtl.journal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The picture in ARCHITECTURE.md is what the sources say. */
class ArchitectureTest {
    private static final Path CORE = Path.of("src/main/java");
    private static final Path REPLAY = Path.of("../journal-replay/src/main/java");
    private static final String ROOT = "dev.evtl.journal";
    private static final Pattern PACKAGE = Pattern.compile("(?m)^package ([\\w.]+);");
    private static final Pattern REFERENCE = Pattern.compile("\\b(dev\\.evtl(?:\\.[a-z]+)+)\\.[A-Z]");
    private static final Pattern COMMENT = Pattern.compile("(?s)/\\*.*?\\*/|//[^\\n]*");
    private static final Pattern LINE = Pattern.compile("(?m)^  (\\S+) +-> ((?:[a-z.]+ )+) ");

    @Test
    void coreImportsWhatThePictureSays() throws IOException {
        final Map<String, Set<String>> drawn = new TreeMap<>();
        final Matcher line = LINE.matcher(picture());
        while (line.find()) {
            final Set<String> targets = Arrays.stream(line.group(2).trim().split(" "))
                    .map(this::full)
                    .collect(Collectors.toSet());
            drawn.put(full(line.group(1)), targets);
        }
        drawn.put(full("exceptions"), Set.of());
        assertEquals(drawn, imports(CORE));
    }

    private static String picture() throws IOException {
        final String text = Files.readString(Path.of("ARCHITECTURE.md"));
        return text.substring(text.indexOf("journal-core, dev.evtl.journal"), text.indexOf("journal-replay, dev.evtl"));
    }

    private String full(final String name) {
        return name.equals(".") ? ROOT : ROOT + '.' + name;
    }

    @Test
    void noPackagesImportInACircle() throws IOException {
        final Map<String, Set<String>> imports = imports(CORE);
        imports.putAll(imports(REPLAY));
        assertNoCircle(imports);
    }

    @Test
    void noClassesOfTheRingReferInACircle() throws IOException {
        final Map<String, String> sources = new TreeMap<>();
        try (Stream<Path> files = Files.list(CORE.resolve("dev/evtl/journal/ring"))) {
            for (final Path file : (Iterable<Path>) files::iterator) {
                sources.put(file.getFileName().toString().replace(".java", ""), code(file));
            }
        }
        final Map<String, Set<String>> references = new TreeMap<>();
        sources.forEach((name, code) -> references.put(
                name,
                sources.keySet().stream()
                        .filter(other -> !other.equals(name)
                                && Pattern.compile("\\b" + other + "\\b")
                                        .matcher(code)
                                        .find())
                        .collect(Collectors.toSet())));
        assertNoCircle(references);
    }

    /** Any other channel is closed by the next call of an interrupted thread, and the locks on its file are lost. */
    @Test
    void everyChannelIsUninterruptible() throws IOException {
        final Pattern interruptible =
                Pattern.compile("FileChannel\\s*\\.open\\b|\\bnewByteChannel\\b|\\bgetChannel\\b|\\bnewFileChannel\\b");
        for (final Path sources : List.of(CORE, REPLAY)) {
            try (Stream<Path> files = Files.walk(sources)) {
                assertEquals(
                        sources.equals(CORE) ? List.of("Uninterruptible.java") : List.of(),
                        files.filter(file -> file.toString().endsWith(".java")
                                        && interruptible.matcher(read(file)).find())
                                .map(file -> file.getFileName().toString())
                                .toList());
            }
        }
    }

    private static String read(final Path file) {
        try {
            return code(file);
        } catch (final IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void theLibraryDoesNotKnowTheCommand() throws IOException {
        imports(REPLAY).forEach((name, targets) -> {
            if (!name.startsWith("dev.evtl.cli")) {
                assertFalse(targets.stream().anyMatch(target -> target.startsWith("dev.evtl.cli")), name);
            }
        });
    }

    /** Takes away what refers to nothing that is left, until nothing is left. */
    private static void assertNoCircle(final Map<String, Set<String>> references) {
        final Set<String> left = new LinkedHashSet<>(references.keySet());
        boolean found = true;
        while (found) {
            final Set<String> now = new HashSet<>(left);
            found = left.removeIf(name -> references.get(name).stream().noneMatch(now::contains));
        }
        assertEquals(Set.of(), left, "refer to each other in a circle, or to what does");
    }

    private static Map<String, Set<String>> imports(final Path sources) throws IOException {
        final Map<String, Set<String>> imports = new TreeMap<>();
        try (Stream<Path> files = Files.walk(sources)) {
            for (final Path file :
                    (Iterable<Path>) files.filter(f -> f.toString().endsWith(".java"))::iterator) {
                final String code = code(file);
                final Matcher name = PACKAGE.matcher(code);
                if (name.find()) {
                    final Set<String> targets = imports.computeIfAbsent(name.group(1), p -> new TreeSet<>());
                    final Matcher reference = REFERENCE.matcher(code);
                    while (reference.find()) {
                        targets.add(reference.group(1));
                    }
                    targets.remove(name.group(1));
                }
            }
        }
        return imports;
    }

    private static String code(final Path file) throws IOException {
        return COMMENT.matcher(Files.readString(file)).replaceAll("");
    }
}
