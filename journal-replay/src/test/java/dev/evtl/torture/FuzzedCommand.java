package dev.evtl.torture;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import dev.evtl.cli.Evtl;
import dev.evtl.journal.exceptions.CorruptJournalException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The {@code evtl} command before any bytes. For {@link FuzzTest}, and for Jazzer, which goes by a method's name. */
public final class FuzzedCommand extends FuzzedJournal {
    private static final long MAX_ALLOCATED = 32 << 20;
    private static final int MAX_OUTPUT = 8192;
    private static final int MAX_OUTPUT_OF_A_BYTE = 40;

    private static final List<String> RECOVER = List.of("recover");

    private static final List<List<String>> COMMANDS = List.of(
            List.of("info"),
            List.of("info", "--json", "--types"),
            List.of("cat"),
            List.of("cat", "-o", "jsonl"),
            List.of("cat", "-o", "csv"),
            List.of("cat", "-o", "hex"),
            List.of("verify"),
            List.of("verify", "--json"),
            List.of("replay"),
            List.of("replay", "--json", "--consumer", "print"),
            List.of("recover", "--dry-run"),
            List.of("recover", "--dry-run", "--json"),
            RECOVER,
            List.of("salvage"),
            List.of("salvage", "--json"));

    /** How the command names what it did not expect. */
    private static final Pattern INTERNAL_ERROR = Pattern.compile("\\b(java|dev|org|picocli|com)\\.[a-z]+\\.");

    private static FuzzedCommand instance;

    private final Path salvaged;

    FuzzedCommand(final Path directory) throws IOException {
        super(directory, MAX_ALLOCATED);
        this.salvaged = directory.resolve("salvaged.evtl");
    }

    /** What Jazzer calls. */
    public static void fuzzerTestOneInput(final byte[] input) throws IOException {
        if (instance == null) {
            instance = new FuzzedCommand(directory());
        }
        instance.run(input);
    }

    /** The command returns what it is to, says it in few words, and nothing of its own troubles. */
    @Override
    void examine(final int operation, final byte[] journal, final Expected expected) throws IOException {
        final List<String> command = COMMANDS.get(operation % COMMANDS.size());
        final int most = MAX_OUTPUT + MAX_OUTPUT_OF_A_BYTE * journal.length;
        if (command.get(0).equals("salvage")) {
            final int code = run(command, most, file, salvaged);
            assertTrue(code != 0 || Files.exists(salvaged));
            Files.deleteIfExists(salvaged);
        } else {
            assertEquals(exitCode(command.get(0), expected), run(command, most, file), command.toString());
        }
        if (command.equals(RECOVER)) {
            final boolean left = expected.refusal() != null || Examination.canRunOutOfNumbers(expected.journal());
            assertEquals(left ? exitCode("verify", expected) : 0, run(List.of("verify"), most, file), "after it");
            removeWhatWasCutOff();
        } else {
            assertArrayEquals(journal, Files.readAllBytes(file), "only read");
        }
    }

    private int run(final List<String> command, final int maxOutput, final Path... files) throws IOException {
        final ByteArrayOutputStream out = new ByteArrayOutputStream();
        final ByteArrayOutputStream err = new ByteArrayOutputStream();
        final String[] args = Stream.concat(command.stream(), Stream.of(files).map(Path::toString))
                .toArray(String[]::new);
        final int code = new Evtl(new ByteArrayInputStream(new byte[0]), out, err).run(args);
        assertFalse(INTERNAL_ERROR.matcher(err.toString(UTF_8)).find(), () -> err.toString(UTF_8));
        assertTrue(out.size() + err.size() <= maxOutput, () -> "said " + (out.size() + err.size()) + " bytes");
        if (command.contains("jsonl") || command.contains("--json") && !command.contains("print")) {
            try (JsonParser parser = new JsonFactory().createParser(out.toByteArray())) {
                while (parser.nextToken() != null) {
                    // or it throws what is no JSON
                }
            }
        }
        return code;
    }

    private void removeWhatWasCutOff() throws IOException {
        try (DirectoryStream<Path> beside = Files.newDirectoryStream(file.getParent(), file.getFileName() + ".cut-*")) {
            for (final Path cut : beside) {
                Files.delete(cut);
            }
        }
    }

    private static int exitCode(final String verb, final Expected expected) {
        final Kind error;
        if (verb.equals("verify") || verb.equals("recover")) {
            if (expected.refusal() == null) {
                if (verb.equals("recover") && Examination.canRunOutOfNumbers(expected.journal())) {
                    return 1;
                }
                return switch (expected.condition()) {
                    case CLEAN, UNCLOSED -> 0;
                    default -> 3;
                };
            }
            error = expected.refusal().kind();
        } else if (expected.reading() == null) {
            return 0;
        } else {
            error = expected.reading().kind();
        }
        return error == Kind.UNSYNCED_DATA_LOST ? 3 : 4;
    }
}
