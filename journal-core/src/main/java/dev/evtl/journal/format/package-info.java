/**
 * The EVTL file format, version 1, in code: where each field of a file header and of an event lies, and how their
 * checksums are computed. The classes here do no I/O, and no other package contains the offset of a field.
 *
 * <p>All integers are little-endian; the buffers' native order is used, so only little-endian machines are supported.
 */
package dev.evtl.journal.format;
