package dev.evtl.replay.cli;


import com.github.freva.asciitable.AsciiTable;
import com.github.freva.asciitable.Column;
import com.github.freva.asciitable.HorizontalAlign;
import java.io.PrintWriter;
import java.util.List;
import java.util.Map;

/** Tables as the verbs print them. */
final class Table {
    private Table() {}

    /** A column of numbers is aligned at the right, any other at the left. */
    static void print(final PrintWriter out, final List<String> header, final List<List<?>> rows) {
        final Column[] columns = new Column[header.size()];
        for (int i = 0; i < columns.length; i++) {
            final int column = i;
            final boolean numbers = rows.stream().allMatch(row -> row.get(column) instanceof Number);
            final HorizontalAlign align = numbers ? HorizontalAlign.RIGHT : HorizontalAlign.LEFT;
            columns[i] = new Column().header(header.get(i)).headerAlign(align).dataAlign(align);
        }
        out.println(AsciiTable.getTable(
                AsciiTable.BASIC_ASCII_NO_DATA_SEPARATORS,
                columns,
                rows.stream().map(List::toArray).toArray(Object[][]::new)));
    }

    static void printTypes(final PrintWriter out, final Map<Integer, Long> counts) {
        print(
                out,
                List.of("type", "events"),
                counts.entrySet().stream()
                        .<List<?>>map(count -> List.of(count.getKey(), count.getValue()))
                        .toList());
    }
}
