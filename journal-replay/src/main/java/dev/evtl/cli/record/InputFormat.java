package dev.evtl.cli.record;

import java.io.InputStream;
import java.time.LocalDate;
import java.time.ZoneId;

/** The formats that record reads. */
enum InputFormat {
    ITCH50(ZoneId.of("America/New_York"));

    private final ZoneId zone;

    InputFormat(final ZoneId zone) {
        this.zone = zone;
    }

    /** Where the exchange is whose format it is. */
    ZoneId zone() {
        return zone;
    }

    MessageReader reader(final InputStream in, final LocalDate date, final ZoneId where) {
        return switch (this) {
            case ITCH50 -> new Itch50(in, date, where);
        };
    }
}
