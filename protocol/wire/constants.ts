/**
 * Size limits of everything that crosses the wire (DESIGN 8.6), in bytes. A message above its limit is refused before
 * it is decoded.
 */
export const MAX_GOSSIP_BYTES = 64 * 1024
export const MAX_CONTROL_BYTES = 1024 * 1024
export const MAX_SPEC_BYTES = 256 * 1024
export const MAX_CHUNK_BYTES = 1024 * 1024
/** Head and framing on top of a chunk's payload. */
export const FRAME_OVERHEAD_BYTES = 4096

/** Version of all our protocols: part of every protocol id and topic, so that other versions never meet by accident. */
export const PROTOCOL_VERSION = 1
