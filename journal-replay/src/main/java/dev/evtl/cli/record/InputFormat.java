package dev.evtl.cli.record;

import java.io.InputStream;
import java.time.LocalDate;

/** The formats that record reads. */
enum InputFormat {
    ITCH50;

    MessageReader reader(final InputStream in, final LocalDate date) {
        return switch (this) {
            case ITCH50 -> new Itch50(in, date);
        };
    }
}
