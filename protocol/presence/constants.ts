/**
 * Numbers of presence, with reasons. Times in milliseconds.
 */

/** Every peer tells its keeper this often that it lives: four in a row may be lost before anybody is taken for dead. */
export const HEARTBEAT_MS = 2000
/** Share by which an interval is longer or shorter, so that a mesh which started together does not speak together. */
export const HEARTBEAT_JITTER = 0.2
/** Two heartbeats missed: no new work, and the peer is asked whether it lives. */
export const SUSPECT_AFTER_MS = 5000
/** Silent for this long, a peer has left (the bar of mesh.md section 6 for natives and for tabs that are seen). */
export const DEAD_AFTER_MS = 10_000
/** A tab in the background may run its timers once a minute: it says that it is hidden, and gets longer (mesh.md section 6). */
export const SUSPECT_HIDDEN_AFTER_MS = 65_000
export const DEAD_HIDDEN_AFTER_MS = 70_000
/** A peer whose connection closed and that nobody can hear any more has left. */
export const LOST_AFTER_DISCONNECT_MS = 1500
/** In larger meshes connections are closed to make room: there only the coordinator draws conclusions from it. */
export const SMALL_MESH_PEERS = 40
/** Others are asked about a peer whose connection closed, and again: a lost frame must not cost a member. */
export const ASK_AGAIN_MS = 700
/** How many others are asked whether they hear a peer that this one lost (SWIM: Das, Gupta and Motivala, 2002). */
export const HELPERS = 2
/** An asker waits for the answer this long. */
export const ASKED_FOR_MS = 2000
/** What a helper heard this lately it tells without asking. */
export const FRESH_MS = 500

/** The driver steps the core this often; the core bears any other rhythm. */
export const TICK_MS = 100
/** Silence is looked for this often. */
export const SWEEP_EVERY_MS = 500
/** Longest stretch between two steps that counts as awake: who wakes from sleep has heard nobody, and nobody is to blame. */
export const AWAKE_STEP_MAX_MS = 1000

/** The coordinator's digest, also when nothing changed: it is its own sign of life, and carries the sum of who is there. */
export const DIGEST_EVERY_MS = 2000
/** Changes are gathered this long before they are told. */
export const DIGEST_DELAY_MS = 300
/** A digest entry has 60 bytes or so: 32 KiB, half of what gossip takes. */
export const MAX_DIGEST_ENTRIES = 512
/** No digest for this long (three missed and a little): whom this peer hears itself is all it knows. */
export const DIGEST_MISSING_MS = 7000

/** A passed-on heartbeat waits this long for others to travel with it. */
export const PASS_ON_EVERY_MS = 500
/** 60 bytes each: one frame stays below the 64 KiB of a gossip message. */
export const MAX_BEATS_PER_FRAME = 512
/** Heartbeats that wait to be passed on. */
export const MAX_WAITING_BEATS = 4096
/** Steps from a peer to the coordinator, and more than there are in any mesh: with 8 links each, five reach thousands. */
export const MAX_DISTANCE = 12
/** A way through a tab counts for so many: taken only where no native leads on. */
export const TAB_DISTANCE = 4
/** A heartbeat older than this says nothing. */
export const MAX_BEAT_AGE_MS = 60_000
/** A keeper through which the coordinator did not hear this peer is not taken again for so long. */
export const AVOID_KEEPER_MS = 30_000
/** With nobody to report to, so many connected peers are told directly. */
export const DIRECT_BEATS = 40

/** Changes of a record are gathered this long before they are told. */
export const ANNOUNCE_DELAY_MS = 50
/** Memory and speed drift all the time; a change below this share is not told. */
export const NOTEWORTHY_CHANGE = 0.05
/**
 * Records that drift are gossiped so seldom that all peers of the mesh together send twenty a second: 2 s between two of
 * one peer in a mesh of 40, four minutes in one of 5,000. The coordinator gets the figures with the heartbeats.
 */
export const DRIFT_MIN_MS = 2000
export const DRIFT_PER_PEER_MS = 50
/** The same for jobs that begin and end here: a hundred a second in all. */
export const CHANGE_MIN_MS = 50
export const CHANGE_PER_PEER_MS = 10
/** A peer that found its first neighbours tells all again when gossip has formed its links. */
export const INTRODUCE_AGAIN_MS = 1500

/** Differences are looked for by comparing this many sums; in a mesh of 5,000 one stands for some 80 peers. */
export const BUCKETS = 64
/** Two digests in a row that do not fit what is known: compare with the keeper; not more often than this. */
export const SYNC_MIN_MS = 4000
/** Compared with somebody this often in any case: what gossip lost, and views after a partition. */
export const SYNC_EVERY_MS = 30_000
/** While there are no digests, comparing with neighbours is all that brings views together. */
export const SYNC_DIRECT_MS = 5000
/** Records asked for at once: 2 KiB each at most in practice. */
export const MAX_PULL = 24
export const PULL_EVERY_MS = 100
/** Gossip usually brings what a digest names; after this it is asked for. */
export const PULL_AFTER_MS = 1000
export const PULL_RETRY_MS = 1500
export const MAX_PULL_TRIES = 6
/** Records that are known to be missing. */
export const MAX_WANTED = 4096
/** Bytes of records or marks in one frame. */
export const MAX_CHUNK_BYTES = 48 * 1024
export const MARK_BYTES = 72
export const MAX_FRAME_BYTES = 64 * 1024

/** Peers known at once; a mesh of 5,000 with room, and 40 MiB of records at most. */
export const MAX_MEMBERS = 20_000
/** Peers that left are remembered, so that an old record does not bring them back. */
export const MAX_TOMBSTONES = 4096
/** What this peer concluded by itself a keeper may put right after this long. */
export const OWN_VERDICT_MS = 5000

/** A peer that died so often within the window is announced only after a hold, which doubles with every further death. */
export const FLAPS_BEFORE_HOLD = 3
export const FLAP_WINDOW_MS = 300_000
export const FLAP_HOLD_MS = 5000
export const FLAP_HOLD_MAX_MS = 80_000

/** Frames of one peer: bursts of a fresh connection, and then what a busy voter sends. More is dropped, and an offence. */
export const FRAME_BURST = 120
export const FRAMES_PER_SECOND = 30
/** Own heartbeats of one peer: 0.5 a second and some out of turn. */
export const BEAT_BURST = 20
export const BEATS_PER_SECOND = 3
/** Twins are told of one another this often at most. */
export const TWIN_EVERY_MS = 2000
