package dev.evtl.cli.console;

import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.util.List;
import java.util.Map;

/** Tables as the verbs print them. */
public final class Table {
    private Table() {}

    /** A column of numbers is aligned at the right, any other at the left. */
    public static void print(final Console console, final List<String> header, final List<List<?>> rows) {
        final Column[] columns = new Column[header.size()];
        for (int i = 0; i < columns.length; i++) {
            final int column = i;
            final boolean numbers = rows.stream().allMatch(row -> row.get(column) instanceof Number);
            final HorizontalAlign align = numbers ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT;
            columns[i] = column(header.get(i)).headerAlign(align).dataAlign(align);
        }
        print(console, columns, rows);
    }

    /** The first column names a row, the others are figures that are text already, aligned at the right. */
    public static void printFigures(final Console console, final List<String> header, final List<List<?>> rows) {
        final Column[] columns = header.stream()
                .map(heading -> column(heading).dataAlign(HorizontalAlign.RIGHT))
                .toArray(Column[]::new);
        columns[0].dataAlign(HorizontalAlign.LEFT);
        print(console, columns, rows);
    }

    public static void printTypes(final Console console, final Map<Integer, Long> counts) {
        print(
                console,
                List.of("type", "events"),
                counts.entrySet().stream()
                        .<List<?>>map(count -> List.of(count.getKey(), count.getValue()))
                        .toList());
    }

    private static Column column(final String heading) {
        return new Column().header(Console.oneLine(heading));
    }

    /** Cells are escaped before they are laid out, so that each is as wide as it is shown. */
    private static void print(final Console console, final Column[] columns, final List<List<?>> rows) {
        final Object[][] cells = rows.stream()
                .map(row -> row.stream()
                        .map(cell -> Console.oneLine(cell.toString()))
                        .toArray())
                .toArray(Object[][]::new);
        AsciiTable.getTable(AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS, columns, cells)
                .lines()
                .forEach(console::print);
    }
}
