package dev.evtl.bench.compare;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import java.util.stream.Stream;

/** What files take of the page cache, as fincore of util-linux tells, where it is installed. */
final class PageCache {
    private static final Path FINCORE = Path.of("/usr/bin/fincore");

    private PageCache() {}

    static OptionalLong bytesOf(final Path directory) throws IOException, InterruptedException {
        if (!Files.isExecutable(FINCORE)) {
            return OptionalLong.empty();
        }
        final List<String> command =
                new ArrayList<>(List.of(FINCORE.toString(), "--bytes", "--noheadings", "--output", "RES"));
        try (Stream<Path> files = Files.walk(directory)) {
            files.filter(Files::isRegularFile).map(Path::toString).forEach(command::add);
        }
        final Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.DISCARD) // it says which file is empty
                .start();
        final String sizes = new String(process.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
        process.waitFor();
        return OptionalLong.of(
                sizes.lines().mapToLong(size -> Long.parseLong(size.strip())).sum());
    }
}
