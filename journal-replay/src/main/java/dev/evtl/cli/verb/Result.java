package dev.evtl.cli.verb;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.evtl.cli.console.Console;
import java.io.IOException;

/** What a verb has found. */
public interface Result {
    /** Prints it for people. */
    void print(Console console);

    /** Writes it as the fields of a JSON object. */
    void writeFields(JsonGenerator json) throws IOException;
}
