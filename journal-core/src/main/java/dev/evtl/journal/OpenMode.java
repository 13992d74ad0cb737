package dev.evtl.journal;

/** Whether a journal's file may or must exist when it is opened. */
public enum OpenMode {
    /** The file must not exist. */
    CREATE,
    /** The file must exist; if it was not closed it is recovered first. */
    APPEND,
    /** The file is created if it does not exist. */
    CREATE_OR_APPEND
}
