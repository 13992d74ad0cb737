package dev.evtl.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;

/**
 * A directory for the files of benchmarks, deleted with all that is in it when it is closed or the JVM ends. It is made
 * where the system property {@code evtl.bench.dir} says, by default where temporary files go.
 */
public final class BenchDirectory implements AutoCloseable {
    private final Path path;
    private final Thread hook;
    private int rounds;

    /**
     * Makes a directory where the system property says.
     *
     * @throws IOException if it cannot be made
     */
    public BenchDirectory() throws IOException {
        this(Path.of(System.getProperty("evtl.bench.dir", System.getProperty("java.io.tmpdir"))));
    }

    /**
     * Makes a directory in another.
     *
     * @param parent of the directory
     * @throws IOException if it cannot be made
     */
    public BenchDirectory(final Path parent) throws IOException {
        path = Files.createTempDirectory(Files.createDirectories(parent), "evtl-bench-");
        hook = new Thread(() -> {
            try {
                delete(path);
            } catch (final IOException e) {
                System.err.println(path + ": could not be deleted: " + e);
            }
        });
        Runtime.getRuntime().addShutdownHook(hook);
    }

    /**
     * The directory.
     *
     * @return its path
     */
    public Path path() {
        return path;
    }

    /**
     * Makes a directory in this one that was not used before.
     *
     * @return its path
     * @throws IOException if it cannot be made
     */
    public Path newRound() throws IOException {
        return Files.createDirectory(path.resolve(Integer.toString(rounds++)));
    }

    /**
     * Deletes a directory or file with all that is in it, if it exists.
     *
     * @param path to delete
     * @throws IOException if something cannot be deleted
     */
    public static void delete(final Path path) throws IOException {
        try {
            Files.walkFileTree(path, new SimpleFileVisitor<>() {
                @Override
                public FileVisitResult visitFile(final Path file, final BasicFileAttributes attributes)
                        throws IOException {
                    Files.deleteIfExists(file);
                    return FileVisitResult.CONTINUE;
                }

                @Override
                public FileVisitResult postVisitDirectory(final Path directory, final IOException e)
                        throws IOException {
                    Files.deleteIfExists(directory);
                    return FileVisitResult.CONTINUE;
                }
            });
        } catch (final NoSuchFileException e) {
            // nothing is left to delete
        }
    }

    /**
     * What the files in a directory have together.
     *
     * @param directory with the files
     * @return their length in bytes
     * @throws IOException if the directory cannot be read
     */
    public static long length(final Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            return files.map(Path::toFile)
                    .filter(File::isFile)
                    .mapToLong(File::length)
                    .sum();
        }
    }

    @Override
    public void close() throws IOException {
        delete(path);
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (final IllegalStateException e) {
            // the JVM is shutting down, and the hook runs or has run
        }
    }
}
