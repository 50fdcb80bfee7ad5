/**
 * Numbers of the mesh layer, with reasons.
 */

/** Look for lost or unknown peers this often, in every phase: libp2p 3 does not redial by itself (mesh.md section 6). */
export const REDIAL_EVERY_MS = 1000
/** Back-off of one address: 1, 2, 4 … seconds, at most this. */
export const REDIAL_MAX_MS = 15_000
export const DIAL_TIMEOUT_MS = 5000
/** Every peer dials every other one up to this many connections; beyond, gossip and relaying carry the mesh. */
export const FULL_MESH_MAX_PEERS = 40
/** The default of 5 inbound connections per second and address refuses a classroom, or three peers on one machine. */
export const INBOUND_CONNECTIONS_PER_SECOND = 100
/** A window of 2 MiB keeps a paused reader below libp2p's 4 MiB read buffer (mesh.md section 4). */
export const STREAM_WINDOW_BYTES = 2 * 1024 * 1024
/** Unsent bytes towards one peer above which its channel is given up: the peer is frozen or far too slow. */
export const MAX_CHANNEL_QUEUE_BYTES = 256 * 1024 * 1024
/** Waiting for one write buffer to drain; longer means the peer is frozen. */
export const DRAIN_TIMEOUT_MS = 20_000
export const OPEN_STREAM_TIMEOUT_MS = 5000
/** Malformed messages a peer may send before its connection is closed. */
export const MAX_OFFENCES = 20
/** Offences older than this are forgiven. */
export const OFFENCE_FORGIVEN_MS = 60_000
