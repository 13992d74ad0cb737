package dev.evtl.cli.verb;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import dev.evtl.cli.console.Json;
import java.io.IOException;
import picocli.CommandLine.Option;

/** The option that chooses how a result is printed. */
public final class ResultOutput {
    @Option(names = "--json", description = "the result as a JSON object")
    private boolean json;

    public void print(final Result result, final Console console) throws IOException {
        if (!json) {
            result.print(console);
            return;
        }
        try (JsonGenerator generator = Json.to(console.out())) {
            generator.writeStartObject();
            result.writeFields(generator);
            Json.end(generator);
        }
    }
}
