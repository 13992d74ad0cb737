package dev.evtl.journal.support;

import dev.evtl.journal.Journal;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.agrona.DirectBuffer;

/** Starts a main class of the tests in a JVM of its own, as quickly as a JVM starts; none outlives its time. */
public final class ChildJvm {
    public static final String FLAG = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED";

    private ChildJvm() {}

    /** With the flag that Agrona needs. Standard error goes to standard output. */
    public static Process start(final Class<?> main, final String... args) throws IOException {
        return start(List.of(FLAG), main, args);
    }

    public static Process start(final List<String> flags, final Class<?> main, final String... args)
            throws IOException {
        return start(Duration.ofMinutes(1), List.of(), flags, main, args);
    }

    /** Behind a command that runs another, and for as long as that may take. */
    public static Process start(
            final Duration limit,
            final List<String> prefix,
            final List<String> flags,
            final Class<?> main,
            final String... args)
            throws IOException {
        final List<String> command = new ArrayList<>(prefix);
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m", "-cp", classPath(main)));
        // what the tests were told on their command line
        System.getProperties().stringPropertyNames().stream()
                .filter(name -> name.startsWith("evtl."))
                .forEach(name -> command.add("-D" + name + "=" + System.getProperty(name)));
        command.addAll(flags);
        command.add(main.getName());
        command.addAll(List.of(args));
        final Process process =
                new ProcessBuilder(command).redirectErrorStream(true).start();
        CompletableFuture.delayedExecutor(limit.toSeconds(), TimeUnit.SECONDS).execute(process::destroyForcibly);
        return process;
    }

    /** To be called in a process that does not end by itself, so that it does when nobody is left to end it. */
    public static void endWithParent() {
        final Thread thread = new Thread(() -> {
            try {
                System.in.transferTo(OutputStream.nullOutputStream());
            } catch (final IOException e) {
                // the parent is gone too
            }
            Runtime.getRuntime().halt(1);
        });
        thread.setDaemon(true);
        thread.start();
    }

    /** All that a process says until it ends. */
    public static String output(final Process process) throws IOException {
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Few places to look for a class in; a main class of another module may need all that its test has. */
    private static String classPath(final Class<?> main) {
        return location(main).equals(location(ChildJvm.class))
                ? classPath().stream().map(Path::toString).collect(Collectors.joining(File.pathSeparator))
                : System.getProperty("java.class.path");
    }

    /** What a main class beside this one needs. */
    public static List<Path> classPath() {
        return Stream.of(ChildJvm.class, Journal.class, DirectBuffer.class, Histogram.class)
                .map(type -> Path.of(location(type)))
                .toList();
    }

    private static String location(final Class<?> type) {
        try {
            return Path.of(type.getProtectionDomain()
                            .getCodeSource()
                            .getLocation()
                            .toURI())
                    .toString();
        } catch (final URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
