/**
 * The EVTL file format, version 1, in code: where each field of a file header and of an event lies, and how their
 * checksums are computed. No class here does I/O, and no other package writes down an offset.
 *
 * <p>All integers are little-endian; the buffers' native order is used, so only little-endian machines are supported.
 */
package dev.evtl.journal.format;
