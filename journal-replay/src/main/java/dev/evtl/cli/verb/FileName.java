package dev.evtl.cli.verb;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Reads the name of a file. */
public final class FileName implements ITypeConverter<Path> {
    @Override
    public Path convert(final String text) {
        if (text.isEmpty()) {
            throw new TypeConversionException("'' is no file's name");
        }
        try {
            return Path.of(text);
        } catch (final InvalidPathException e) { // Java encodes names by the locale
            throw new TypeConversionException(
                    "'" + text + "' is no file's name in this locale; LC_ALL=C.UTF-8 has all names");
        }
    }
}
