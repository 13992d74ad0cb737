package dev.evtl.cli.record;

import java.io.IOException;
import org.agrona.DirectBuffer;

/** Reads messages of some format, one after the other, as events. */
interface MessageReader {
    /**
     * Goes to the next message.
     *
     * @return false at the end of the input
     * @throws IOException at a message that is cut or impossible, naming its byte offset; or if reading fails
     */
    boolean next() throws IOException;

    /** How many bytes of the input were read, up to the end of this message. */
    long offset();

    int type();

    /** What there is to say of the messages that were read; empty if nothing. */
    String remark();

    long timestamp();

    /** Holds this message from its first byte on. */
    DirectBuffer buffer();

    int length();
}
