package dev.evtl.bench.compare;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.imageio.ImageIO;
import org.HdrHistogram.Histogram;
import org.knowm.xchart.HorizontalBarChart;
import org.knowm.xchart.HorizontalBarChartBuilder;
import org.knowm.xchart.XYChart;
import org.knowm.xchart.XYChartBuilder;
import org.knowm.xchart.XYSeries;
import org.knowm.xchart.internal.chartpart.IChart;
import org.knowm.xchart.style.AxesChartStyler;
import org.knowm.xchart.style.Styler;
import org.knowm.xchart.style.markers.SeriesMarkers;

/** Draws the pictures of the page. */
final class Charts {
    /** Pixels of the picture for each of the page, for displays that have more of them. */
    private static final int SCALE = 2;

    private static final int BAR_CHART_WIDTH = 1000;
    private static final int BAR_SPACE = 46;
    private static final int BAR_CHART_EXTRA_HEIGHT = 100;
    private static final int CURVE_CHART_WIDTH = 640;
    private static final int CURVE_CHART_HEIGHT = 460;
    private static final Font FONT = new Font(Font.SANS_SERIF, Font.PLAIN, 12);
    private static final Map<Role, Color> COLOURS = Map.of(
            Role.WALL, new Color(0x9AA0A6),
            Role.JOURNAL, new Color(0x1A73E8),
            Role.PEER, new Color(0xE8710A));
    private static final Color MOST_COLOUR = new Color(0xD2E3FC);
    private static final Color LEAST_COLOUR = new Color(0x8AB4F8);
    private static final Color[] PEER_COLOURS = {new Color(0xE8710A), new Color(0xB3261E), new Color(0x8430CE)};

    private Charts() {}

    /**
     * A picture.
     *
     * @param title of it
     * @param width on the page
     * @param png   the picture
     */
    record Picture(String title, int width, byte[] png) {}

    static List<Picture> draw(final Results results) throws IOException {
        final List<Picture> pictures = new ArrayList<>();
        for (final Group group : List.of(Group.WRITE, Group.READ, Group.SYNC)) {
            addBars(pictures, results, group);
        }
        for (final Group group : List.of(Group.CALLER, Group.VISIBLE, Group.BESIDE_SYNC)) {
            final Map<String, List<Series>> byVariant = new LinkedHashMap<>();
            for (final Series series : results.of(group)) {
                if (series.histogram().isPresent()) {
                    byVariant
                            .computeIfAbsent(series.variant(), v -> new ArrayList<>())
                            .add(series);
                }
            }
            for (final Map.Entry<String, List<Series>> variant : byVariant.entrySet()) {
                pictures.add(curves(Row.title(group) + ", " + variant.getKey(), variant.getValue()));
            }
        }
        return pictures;
    }

    /** Bars for each contestant, the first on top: the median, and the least and the most of the rounds. */
    private static void addBars(final List<Picture> pictures, final Results results, final Group group)
            throws IOException {
        final List<String> labels = new ArrayList<>();
        final List<Double> least = new ArrayList<>();
        final List<Double> median = new ArrayList<>();
        final List<Double> most = new ArrayList<>();
        final double unit = group == Group.SYNC ? 1e3 : 1e6;
        for (final Series series : results.of(group)) {
            final Optional<Summary> summary = series.summary(Figure.EVENTS_PER_SECOND);
            if (summary.isPresent()) {
                labels.add(series.contestant().label() + ": "
                        + Row.format(Figure.EVENTS_PER_SECOND, summary.get().median()));
                least.add(summary.get().min() / unit);
                median.add(summary.get().median() / unit);
                most.add(summary.get().max() / unit);
            }
        }
        if (labels.isEmpty()) {
            return;
        }
        final String title = Row.title(group) + (group == Group.SYNC ? ": k events/s" : ": M events/s");
        final int height = labels.size() * BAR_SPACE + BAR_CHART_EXTRA_HEIGHT;
        final HorizontalBarChart chart = new HorizontalBarChartBuilder()
                .width(BAR_CHART_WIDTH)
                .height(height)
                .title(title)
                .build();
        style(chart.getStyler());
        chart.getStyler()
                .setAvailableSpaceFill(0.8)
                .setXAxisMin(0.0)
                .setXAxisTickMarkSpacingHint(BAR_SPACE - 4); // the categories' too: more, and some go without a label
        chart.addSeries("most", most, labels).setFillColor(MOST_COLOUR);
        chart.addSeries("median", median, labels).setFillColor(COLOURS.get(Role.JOURNAL));
        chart.addSeries("least", least, labels).setFillColor(LEAST_COLOUR);
        pictures.add(picture(chart, title, BAR_CHART_WIDTH, height));
    }

    /** Time over percentile, on axes that show one in ten, in a hundred, in a thousand at even distances. */
    private static Picture curves(final String title, final List<Series> all) throws IOException {
        final XYChart chart = new XYChartBuilder()
                .width(CURVE_CHART_WIDTH)
                .height(CURVE_CHART_HEIGHT)
                .title(title)
                .xAxisTitle("percentile")
                .build();
        style(chart.getStyler());
        chart.getStyler().setDefaultSeriesRenderStyle(XYSeries.XYSeriesRenderStyle.Line);
        chart.getStyler()
                .setXAxisLogarithmic(true)
                .setYAxisLogarithmic(true)
                .setXAxisLogarithmicDecadeOnly(true)
                .setYAxisLogarithmicDecadeOnly(true)
                .setXAxisTickLabelsFormattingFunction(Charts::percentileLabel)
                .setYAxisTickLabelsFormattingFunction(Charts::timeLabel)
                .setPlotGridVerticalLinesVisible(false)
                .setLegendPosition(Styler.LegendPosition.OutsideS);
        int peers = 0;
        for (final Series series : all) {
            final Role role = series.contestant().role();
            final Histogram histogram = series.histogram().orElseThrow();
            final List<Double> x = new ArrayList<>();
            final List<Double> y = new ArrayList<>();
            for (double tail = 1; tail <= histogram.getTotalCount(); tail *= Math.pow(10, 0.1)) {
                x.add(tail);
                y.add((double) Math.max(1, histogram.getValueAtPercentile(100 - 100 / tail)));
            }
            chart.addSeries(series.contestant().label(), x, y)
                    .setMarker(SeriesMarkers.NONE)
                    .setLineStyle(new BasicStroke(2))
                    .setLineColor(role == Role.PEER ? PEER_COLOURS[peers++ % PEER_COLOURS.length] : COLOURS.get(role));
        }
        return picture(chart, title, CURVE_CHART_WIDTH, CURVE_CHART_HEIGHT);
    }

    private static void style(final AxesChartStyler styler) {
        styler.setChartBackgroundColor(Color.WHITE)
                .setBaseFont(FONT)
                .setChartTitleFont(FONT.deriveFont(Font.BOLD, 14))
                .setLegendFont(FONT)
                .setLegendBorderColor(Color.WHITE)
                .setPlotBorderVisible(false);
        styler.setAxisTickLabelsFont(FONT).setAxisTitleFont(FONT).setPlotGridLinesColor(new Color(0xDDDDDD));
    }

    private static String percentileLabel(final double tail) {
        final int nines = (int) Math.round(Math.log10(tail));
        return switch (nines) {
            case 0 -> "0";
            case 1 -> "90";
            case 2 -> "99";
            default -> "99." + "9".repeat(nines - 2);
        };
    }

    private static String timeLabel(final double nanos) {
        if (nanos >= 1e9) {
            return Math.round(nanos / 1e9) + " s";
        }
        if (nanos >= 1e6) {
            return Math.round(nanos / 1e6) + " ms";
        }
        return nanos >= 1e3 ? Math.round(nanos / 1e3) + " \u00B5s" : Math.round(nanos) + " ns";
    }

    private static Picture picture(final IChart chart, final String title, final int width, final int height)
            throws IOException {
        final BufferedImage image = new BufferedImage(width * SCALE, height * SCALE, BufferedImage.TYPE_INT_RGB);
        final Graphics2D graphics = image.createGraphics();
        graphics.scale(SCALE, SCALE);
        chart.paint(graphics, width, height);
        graphics.dispose();
        final ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(image, "png", png);
        return new Picture(title, width, png.toByteArray());
    }
}
