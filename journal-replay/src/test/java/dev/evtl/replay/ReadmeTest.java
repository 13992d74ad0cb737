package dev.evtl.replay;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.URI;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.tools.JavaCompiler;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Compiles the code that README.md shows, and runs it. */
class ReadmeTest {
    @Test
    void exampleCompilesAndReadsBackWhatItWrote(@TempDir final Path directory) throws Exception {
        compile(example(), directory);
        final Path file = directory.resolve("trades.evtl");
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {directory.toUri().toURL()})) {
            final Class<?> trades = loader.loadClass("Trades");
            final var write = trades.getDeclaredMethod("write", Path.class, long.class, long.class);
            final var read = trades.getDeclaredMethod("read", Path.class);
            write.setAccessible(true);
            read.setAccessible(true);
            write.invoke(null, file, 101_250L, 300L);
            write.invoke(null, file, 101_250L, 42L);
            assertEquals(342L, read.invoke(null, file));
        }
    }

    private static String example() throws IOException {
        final Matcher matcher = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("..", "README.md")));
        assertTrue(matcher.find(), "README.md shows no Java");
        return matcher.group(1);
    }

    private static void compile(final String source, final Path target) {
        final JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        final var unit =
                new SimpleJavaFileObject(URI.create("string:///Trades.java"), SimpleJavaFileObject.Kind.SOURCE) {
                    @Override
                    public CharSequence getCharContent(final boolean ignoreEncodingErrors) {
                        return source;
                    }
                };
        final List<String> options =
                List.of("-d", target.toString(), "-classpath", System.getProperty("java.class.path"));
        assertTrue(
                compiler.getTask(null, null, null, options, null, List.of(unit)).call());
    }
}
