/**
 * Numbers of the mesh layer, with reasons.
 */

/** Look for lost or unknown peers this often, in every phase: libp2p 3 does not redial by itself (mesh.md section 6). */
export const REDIAL_EVERY_MS = 1000
/** Back-off of one address: 1, 2, 4 … seconds, at most this. */
export const REDIAL_MAX_MS = 15_000
export const DIAL_TIMEOUT_MS = 5000
/** Up to so many others, every peer dials every other one; beyond, gossip and passing on carry the mesh (`degree.ts`). */
export const FULL_MESH_MAX_PEERS = 40
/** A peer of a large mesh dials others until it has so many: gossip keeps links to 4 to 12 peers of each topic. */
export const KEPT_CONNECTIONS = 12
/** Above so many it closes some, to make room: a few more than the full mesh below, so that nothing closes at the border. */
export const MAX_CONNECTIONS = 48
/** So many peers of a large mesh connect to each voter on purpose: of 5,000 peers, with five voters, every fifth one has one. */
export const VOTER_LINKS = 180
/** What libp2p allows in Node is 300: the rest is for jobs, dashboards and newcomers. */
export const MAX_VOTER_CONNECTIONS = 240
/** Connections that are younger are not closed to make room: newcomers learn of others through them. */
export const SETTLED_AFTER_MS = 20_000
/** To make room, so many connections a turn: who was a voter a moment ago must not drop hundreds at once. */
export const CLOSE_PER_TURN = 8
/** The other side is told so long before a connection closes to make room. */
export const CLOSING_NOTICE_MS = 500
/** The default of 5 inbound connections per second and address refuses a classroom, or three peers on one machine. */
export const INBOUND_CONNECTIONS_PER_SECOND = 100
/** A window of 2 MiB keeps a paused reader below libp2p's 4 MiB read buffer (mesh.md section 4). */
export const STREAM_WINDOW_BYTES = 2 * 1024 * 1024
/** Unsent bytes towards one peer above which its channel is given up: the peer is frozen or far too slow. */
export const MAX_CHANNEL_QUEUE_BYTES = 256 * 1024 * 1024
/** Waiting for one write buffer to drain; longer means the peer is frozen. */
export const DRAIN_TIMEOUT_MS = 20_000
export const OPEN_STREAM_TIMEOUT_MS = 5000
/** What no honest peer sends, so often in `OFFENCE_FORGIVEN_MS`, costs the connection. */
export const MAX_OFFENCES = 20
/** Offences older than this are forgiven, and so is who was shut out for them. */
export const OFFENCE_FORGIVEN_MS = 60_000
/** What an honest peer does once in a while counts as so much of an offence: a coordinator that thaws sends a few dozen. */
export const TOLERATED_SHARE = 0.1
/** Offenders remembered: peer ids cost nothing to make. */
export const MAX_OFFENDERS = 4096
/**
 * Gossip's score of a peer falls by so much with each offence. Its own limits are -10 (nothing is passed on to it), -50 (nor
 * published to it) and -80 (nothing of it is taken): the last one only after `MAX_OFFENCES`, which cost the connection.
 */
export const SCORE_PER_OFFENCE = 3
/** Of a message whose signature is wrong, gossip itself keeps count; squared: 40 of them make -80. */
export const INVALID_MESSAGE_WEIGHT = -0.05
/** A second leaves so much of that count: half is forgiven after a minute. */
export const INVALID_MESSAGE_DECAY = 0.988
