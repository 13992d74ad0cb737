package dev.evtl.journal.support;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.reflect.Constructor;
import java.lang.reflect.Executable;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Calls every public constructor and method of the public classes of a package with null for one parameter after the
 * other. Left out are enums, exceptions and what only the library itself calls: the constructors of records, and methods
 * that applications implement.
 */
public final class NullArguments {
    private final Map<Class<?>, Object> values;
    private final List<String> found = new ArrayList<>();
    private int calls;

    private NullArguments(final Map<Class<?>, Object> values) {
        this.values = values;
    }

    /**
     * Asserts that each null is refused by the name of its parameter.
     *
     * @param api    a class of the package
     * @param values objects to call the methods of, and other arguments, by their types
     * @param called interfaces whose methods the library calls
     * @return number of calls
     */
    public static int assertAreNamed(final Class<?> api, final Map<Class<?>, Object> values, final Class<?>... called)
            throws Exception {
        final NullArguments arguments = new NullArguments(values);
        final List<Class<?>> types = publicClasses(api);
        types.removeAll(List.of(called));
        for (final Class<?> type : types) {
            for (final Constructor<?> constructor : type.getConstructors()) {
                if (!type.isRecord()) {
                    arguments.call(type, constructor);
                }
            }
            for (final Method method : type.getDeclaredMethods()) {
                if (Modifier.isPublic(method.getModifiers())
                        && !Modifier.isAbstract(method.getModifiers())
                        && !method.isSynthetic()
                        && !method.getName().equals("equals")) {
                    arguments.call(type, method);
                }
            }
        }
        assertEquals(List.of(), arguments.found);
        return arguments.calls;
    }

    private static List<Class<?>> publicClasses(final Class<?> api) throws IOException, URISyntaxException {
        final URI classes =
                api.getProtectionDomain().getCodeSource().getLocation().toURI();
        final String name = api.getPackageName();
        final List<Class<?>> types = new ArrayList<>();
        try (Stream<Path> files = Files.list(Path.of(classes).resolve(name.replace('.', '/')))) {
            for (final Path file : files.filter(path -> path.toString().endsWith(".class"))
                    .sorted()
                    .toList()) {
                final String simple = file.getFileName().toString().replace(".class", "");
                if (!simple.equals("package-info")) {
                    types.add(Class.forName(name + '.' + simple, false, api.getClassLoader()));
                }
            }
        } catch (final ClassNotFoundException e) {
            throw new AssertionError(e);
        }
        types.removeIf(type -> !isPublic(type) || type.isEnum() || Throwable.class.isAssignableFrom(type));
        return types;
    }

    private static boolean isPublic(final Class<?> type) {
        return type == null || Modifier.isPublic(type.getModifiers()) && isPublic(type.getEnclosingClass());
    }

    private void call(final Class<?> type, final Executable executable) throws ReflectiveOperationException {
        final Class<?>[] parameters = executable.getParameterTypes();
        final Object[] arguments = Arrays.stream(parameters).map(this::value).toArray();
        for (int i = 0; i < parameters.length; i++) {
            if (!parameters[i].isPrimitive()) {
                final Object[] withNull = arguments.clone();
                withNull[i] = null;
                calls++;
                try {
                    if (executable instanceof final Method method) {
                        method.invoke(Modifier.isStatic(method.getModifiers()) ? null : value(type), withNull);
                    } else {
                        ((Constructor<?>) executable).newInstance(withNull);
                    }
                    found.add(executable + ": took null for parameter " + i);
                } catch (final InvocationTargetException e) {
                    if (!(e.getCause() instanceof NullPointerException)
                            || e.getCause().getMessage() == null
                            || !e.getCause().getMessage().matches("[a-z][A-Za-z]*")) {
                        found.add(executable + ": " + e.getCause());
                    }
                }
            }
        }
    }

    private Object value(final Class<?> type) {
        if (type == boolean.class) {
            return true;
        } else if (type == int.class) {
            return 1;
        } else if (type == long.class) {
            return 1L;
        } else if (type == double.class) {
            return 1.0;
        } else if (!values.containsKey(type)) {
            throw new AssertionError("no value for " + type);
        }
        return values.get(type);
    }
}
