package dev.evtl.journal;

/** Whether a journal's file may or must exist when it is opened. */
public enum OpenMode {
    /** The file must not exist. */
    CREATE,
    /** The file must exist. It is recovered first if it was not closed. */
    APPEND,
    /** The file is created if it does not exist. */
    CREATE_OR_APPEND
}
