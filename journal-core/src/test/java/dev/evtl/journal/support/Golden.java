package dev.evtl.journal.support;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The journals that an independent program made. */
public final class Golden {
    private Golden() {}

    public static byte[] bytes(final String name) throws IOException {
        try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name + ".evtl")) {
            return in.readAllBytes();
        }
    }

    public static Path copy(final String name, final Path directory) throws IOException {
        return Files.write(directory.resolve(name + ".evtl"), bytes(name));
    }
}
