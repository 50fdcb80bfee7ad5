/**
 * Numbers of content transfer (mesh.md section 4), with reasons.
 */

/** Small enough to check often and to lose cheaply, large enough for 200–400 MB/s on loopback. */
export const CHUNK_BYTES = 256 * 1024
/** 2 MiB outstanding: what one yamux window holds. */
export const CHUNKS_IN_FLIGHT = 8
/** A chunk at 0.5 Mbit/s takes 4 s. */
export const CHUNK_TIMEOUT_MS = 10_000
/** Reading back and packing a model's state. */
export const STATE_TIMEOUT_MS = 60_000
/** Requests served at a time: a peer's uplink and memory are its owner's first. */
export const MAX_UPLOADS = 32
