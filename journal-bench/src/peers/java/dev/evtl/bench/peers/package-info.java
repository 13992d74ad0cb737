/** The peers that the journal is compared with. Only built with the Maven profile of that name. */
package dev.evtl.bench.peers;
