import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.w3c.dom.Document;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Does the proof bite? Takes a property of the journal away in a clone of the repository, one after the other, and
 * demands that every test named for it fails. Run it in the repository, with names of mutations or for all:
 *
 * <pre>{@code java journal-core/src/test/bite/Bite.java [NAME...]}</pre>
 *
 * <p>A mutation is a file beside this one: what it takes away, the file it changes, the tests that must fail, as
 * {@code test: MODULE CLASS#METHOD} or {@code jcstress: CLASS}, perhaps with a {@code property: NAME=VALUE} for these
 * tests, and the exact text that is replaced, between
 * {@code <<<<}, {@code ====} and {@code >>>>}. A text that is not there exactly once is an error.
 */
public final class Bite {
    private static final String JCSTRESS_ARGUMENTS = "-sc false -fsm 1 -iters 5 -time 1000";

    private record Change(String before, String after) {}

    private record Mutation(
            String name,
            String what,
            Path file,
            List<Change> changes,
            Map<String, Set<String>> tests,
            List<String> races,
            List<String> properties) {}

    private final Path repository;
    private final Path clone;
    private final Path log;

    private Bite(final Path repository, final Path scratch) {
        this.repository = repository;
        this.clone = scratch.resolve("clone");
        this.log = scratch.resolve("log");
    }

    public static void main(final String[] args) throws Exception {
        final Path repository = Path.of("").toAbsolutePath();
        final List<Mutation> mutations = mutations(repository.resolve("journal-core/src/test/bite"), List.of(args));
        final Path scratch = Files.createTempDirectory("evtl-bite");
        boolean bites;
        try {
            bites = new Bite(repository, scratch).run(mutations);
        } finally {
            delete(scratch);
        }
        System.exit(bites ? 0 : 1);
    }

    private static List<Mutation> mutations(final Path directory, final List<String> names) throws IOException {
        final List<Mutation> mutations = new ArrayList<>();
        final List<Path> files;
        try (Stream<Path> found = Files.list(directory)) {
            files = found.filter(file -> file.toString().endsWith(".mutation"))
                    .sorted()
                    .toList();
        }
        for (final Path file : files) {
            final String name = file.getFileName().toString().replace(".mutation", "");
            if (names.isEmpty() || names.contains(name)) {
                mutations.add(parse(name, Files.readAllLines(file)));
            }
        }
        if (mutations.isEmpty() || !names.isEmpty() && mutations.size() != names.size()) {
            throw new IllegalArgumentException("no such mutation: " + names);
        }
        return mutations;
    }

    private static Mutation parse(final String name, final List<String> lines) {
        final Map<String, Set<String>> tests = new TreeMap<>();
        final List<String> races = new ArrayList<>();
        final List<String> properties = new ArrayList<>();
        final List<Change> changes = new ArrayList<>();
        String what = null;
        Path file = null;
        StringBuilder text = null;
        String before = null;
        for (final String line : lines) {
            if (line.equals("<<<<")) {
                text = new StringBuilder();
            } else if (line.equals("====")) {
                before = text.toString();
                text = new StringBuilder();
            } else if (line.equals(">>>>")) {
                changes.add(new Change(before.strip(), text.toString().strip()));
                text = null;
            } else if (text != null) {
                text.append(line).append('\n');
            } else if (line.startsWith("what: ")) {
                what = line.substring(6);
            } else if (line.startsWith("file: ")) {
                file = Path.of(line.substring(6));
            } else if (line.startsWith("test: ")) {
                final String[] words = line.split(" ");
                tests.computeIfAbsent(words[1], module -> new TreeSet<>()).add(words[2]);
            } else if (line.startsWith("jcstress: ")) {
                races.add(line.substring(10));
            } else if (line.startsWith("property: ")) {
                properties.add("-D" + line.substring(10));
            } else if (!line.isBlank()) {
                throw new IllegalArgumentException(name + ": " + line);
            }
        }
        if (what == null || file == null || changes.isEmpty() || tests.isEmpty() && races.isEmpty()) {
            throw new IllegalArgumentException(name + ": incomplete");
        }
        return new Mutation(name, what, file, changes, tests, races, properties);
    }

    private boolean run(final List<Mutation> mutations) throws Exception {
        execute(repository, "git", "clone", "-q", repository.toString(), clone.toString());
        for (final Mutation mutation : mutations) {
            mutated(mutation); // or a text that has changed would be found after half an hour
        }
        final Map<String, Set<String>> all = new TreeMap<>();
        mutations.forEach(mutation -> mutation.tests.forEach(
                (module, tests) -> all.computeIfAbsent(module, m -> new TreeSet<>()).addAll(tests)));
        final Map<String, Boolean> control = test(all, List.of());
        if (control.containsValue(false)) {
            System.out.println("nothing taken away, and yet not passed: " + control);
            return false;
        }
        System.out.printf("nothing taken away: %d tests passed%n", control.size());
        System.out.println("| taken away | what it does | what fails |");
        System.out.println("| --- | --- | --- |");
        final List<String> survived = new ArrayList<>();
        for (final Mutation mutation : mutations) {
            final Map<String, Boolean> results = new LinkedHashMap<>();
            apply(mutation);
            try {
                results.putAll(test(mutation.tests, mutation.properties));
                for (final String race : mutation.races) {
                    results.put(race, !isForbiddenStateSeen(race));
                }
            } finally {
                execute(clone, "git", "checkout", "-q", "--", ".");
            }
            System.out.printf("| %s | %s | %s |%n", mutation.name, mutation.what, describe(results));
            if (results.containsValue(true)) {
                survived.add(mutation.name);
            }
        }
        System.out.printf(
                "%d taken away, %d noticed by every test named for it%s%n",
                mutations.size(),
                mutations.size() - survived.size(),
                survived.isEmpty() ? "" : "; not by all: " + survived);
        return survived.isEmpty();
    }

    private static String describe(final Map<String, Boolean> results) {
        final List<String> words = new ArrayList<>();
        results.forEach((test, passed) -> words.add(passed ? "NOT " + test : test));
        return String.join(", ", words);
    }

    private void apply(final Mutation mutation) throws IOException {
        Files.writeString(clone.resolve(mutation.file), mutated(mutation));
    }

    private String mutated(final Mutation mutation) throws IOException {
        String text = Files.readString(clone.resolve(mutation.file));
        for (final Change change : mutation.changes) {
            final int at = text.indexOf(change.before);
            if (at < 0 || text.indexOf(change.before, at + 1) >= 0) {
                throw new IllegalStateException(
                        mutation.name + ": not exactly once in " + mutation.file + ":\n" + change.before);
            }
            text = text.replace(change.before, change.after);
        }
        return text;
    }

    /** Runs tests by module; which of them passed, in all their cases. */
    private Map<String, Boolean> test(final Map<String, Set<String>> byModule, final List<String> properties)
            throws Exception {
        if (byModule.isEmpty()) {
            return Map.of();
        }
        final Set<String> tests = new TreeSet<>();
        byModule.values().forEach(tests::addAll);
        for (final String module : List.of("journal-core", "journal-replay")) {
            delete(clone.resolve(module).resolve("target/surefire-reports"));
        }
        final List<String> command = new ArrayList<>(List.of("mvn", "-q", "-o"));
        command.addAll(List.of("-pl", String.join(",", byModule.keySet()), "-am", "test"));
        command.addAll(List.of("-Dtest=" + String.join(",", tests), "-Dsurefire.failIfNoSpecifiedTests=false"));
        command.add("-Dmaven.test.failure.ignore=true");
        command.addAll(properties);
        if (execute(clone, command.toArray(String[]::new)) != 0) {
            throw new IllegalStateException("could not be built or tested:\n" + Files.readString(log));
        }
        final Map<String, Boolean> passed = new TreeMap<>();
        for (final Map.Entry<String, Set<String>> module : byModule.entrySet()) {
            final Map<String, Boolean> cases = cases(clone.resolve(module.getKey()).resolve("target/surefire-reports"));
            for (final String test : module.getValue()) {
                final List<Boolean> results = cases.entrySet().stream()
                        .filter(entry -> entry.getKey().equals(test) || entry.getKey().startsWith(test + "#"))
                        .map(Map.Entry::getValue)
                        .toList();
                if (results.isEmpty()) {
                    throw new IllegalStateException("was not run: " + test);
                }
                passed.put(test, !results.contains(false));
            }
        }
        return passed;
    }

    /** By simple class name and method. */
    private static Map<String, Boolean> cases(final Path reports) throws Exception {
        final Map<String, Boolean> cases = new TreeMap<>();
        final List<Path> files;
        try (Stream<Path> found = Files.list(reports)) {
            files = found.filter(file -> file.toString().endsWith(".xml")).toList();
        }
        for (final Path file : files) {
            final Document report =
                    DocumentBuilderFactory.newInstance().newDocumentBuilder().parse(file.toFile());
            final NodeList found = report.getElementsByTagName("testcase");
            for (int i = 0; i < found.getLength(); i++) {
                final Element test = (Element) found.item(i);
                if (test.getElementsByTagName("skipped").getLength() == 0) {
                    final boolean passed = test.getElementsByTagName("failure").getLength() == 0
                            && test.getElementsByTagName("error").getLength() == 0;
                    final String type = test.getAttribute("classname").replaceAll(".*\\.", "");
                    final String method = test.getAttribute("name").replaceAll("[^\\w].*", "");
                    cases.merge(type + "#" + method, passed, Boolean::logicalAnd);
                }
            }
        }
        return cases;
    }

    private boolean isForbiddenStateSeen(final String race) throws Exception {
        final int result = execute(
                clone,
                "mvn",
                "-q",
                "-o",
                "-Ptorture",
                "-pl",
                "journal-core",
                "test-compile",
                "exec:exec@jcstress",
                "-Djcstress.test=" + race + "$",
                "-Djcstress.arguments=" + JCSTRESS_ARGUMENTS);
        final String said = Files.readString(log);
        if (!said.contains("RUN RESULTS")) {
            throw new IllegalStateException("could not be run:\n" + said);
        }
        return result != 0 && said.contains("TEST FAILURES");
    }

    private int execute(final Path directory, final String... command) throws Exception {
        final Process process = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .redirectOutput(log.toFile())
                .start();
        if (!process.waitFor(30, TimeUnit.MINUTES)) {
            process.destroyForcibly();
            throw new IllegalStateException("takes too long: " + String.join(" ", command));
        }
        return process.exitValue();
    }

    private static void delete(final Path tree) throws IOException {
        if (Files.exists(tree)) {
            try (Stream<Path> found = Files.walk(tree)) {
                for (final Path path : found.sorted(Comparator.reverseOrder()).toList()) {
                    Files.delete(path);
                }
            }
        }
    }
}
