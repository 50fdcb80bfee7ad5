/**
 * Timers of the coordinator, in milliseconds, with reasons.
 */

/** Leader to followers; a quarter of the shortest election timeout, so that one lost heartbeat starts nothing. */
export const HEARTBEAT_MS = 150
/** Drawn anew for every election; on loopback a frozen leader was replaced in 0.66–1.05 s with these (mesh.md section 9). */
export const ELECTION_MIN_MS = 600
export const ELECTION_MAX_MS = 1200
/** After the leader's connection closed: short, but jittered so that followers do not collide. */
export const DISCONNECT_MIN_MS = 20
export const DISCONNECT_MAX_MS = 170
/**
 * A candidate that was refused a vote asks again after this long: more than a round trip with a durable write, so that
 * whoever won can say so first, and far less than an election timeout, which split votes would otherwise cost again.
 */
export const SPLIT_VOTE_MIN_MS = 60
export const SPLIT_VOTE_MAX_MS = 260
/** A leader that has not heard a majority for this long steps down (check-quorum). */
export const QUORUM_TIMEOUT_MS = 1200
/** Claims are gossiped again this often, for those who missed one. */
export const CLAIM_EVERY_MS = 1000
/** Rounds that confirm a leader for readers write an entry each: at most so often. */
export const CONFIRM_EVERY_MS = 100
/** A learner must have answered this long before it may become a voter: a peer that flaps is not worth a config change. */
export const PROMOTE_AFTER_MS = 700
/** A voter silent for this long may be replaced by a learner. Long: a laptop lid is not a reason to change the committee. */
export const REPLACE_AFTER_MS = 30_000
/** A committee of two that cannot grow to three shrinks to one: with two voters the death of either stops everything. */
export const SHRINK_AFTER_MS = 5000
/** Committee sizes are odd and at most this: more voters cost latency, not safety. */
export const MAX_VOTERS = 5
/** Without a majority for this long (counted while awake) a new epoch is opened. 0 = never (operator only). */
export const RECOVERY_TIMEOUT_MS = 30_000
/** How long a peer looks for others before it founds a mesh of its own, when it was given someone to look for. */
export const DISCOVERY_MS = 2500
/** Entries per append message: bounds a control message well below its 1 MiB with 256 KiB specs. */
export const MAX_APPEND_ENTRIES = 64
export const MAX_APPEND_BYTES = 512 * 1024
/** Pieces of a snapshot: one of them keeps a slow link busy for seconds, so only one is under way at a time. */
export const SNAPSHOT_CHUNK_BYTES = 256 * 1024
/** A piece that has not been answered is sent again after this long. */
export const SNAPSHOT_RESEND_MS = 3000
/** A follower refuses to gather more than this: 100 submitters with 100 open jobs of 2 KiB are 20 MiB. */
export const MAX_SNAPSHOT_BYTES = 256 * 1024 * 1024
/** A snapshot is due when the log behind the last one weighs as much as it, and at least this (some 600 rounds). */
export const SNAPSHOT_MIN_BYTES = 256 * 1024
/** Entries that a snapshot covers and that are kept all the same: a follower that was away for a minute needs no snapshot. */
export const KEEP_ENTRIES = 256
/** Candidates for the committee that the leader keeps up to date itself: the two that an odd committee grows by. */
export const STANDBYS = 2
/** A standby that has not answered for so long makes room; the next one needs `PROMOTE_AFTER_MS` anyway. */
export const STANDBY_PATIENCE_MS = 2000
/** Until then others have their turn. */
export const STANDBY_REST_MS = 10_000
/** The leader has its voters sign how far the log is committed, at most so often: a learner sees a commit no later. */
export const CERTIFY_EVERY_MS = 100
/** Entries between one that is proved to others and the one that was signed for: some dozens are committed meanwhile. */
export const MAX_PROOF_LINKS = 256
/**
 * How far the mesh is, is told again so often while something has been committed a moment ago, for those whom the first word
 * did not reach. Each repetition is gossiped to all, some six times over.
 */
export const ANNOUNCE_EVERY_MS = 1000
export const ANNOUNCE_FRESH_MS = 3000
/** And so often at rest: the copy of a peer that pulls the log is then known to be complete up to this long ago. */
export const ANNOUNCE_REST_MS = 3000
/** What not enough voters have signed by then is asked for anew: a message was lost, or the committee is another one. */
export const CERTIFY_RETRY_MS = 300
/** A neighbour that has not answered by then is not waited for: the next one is as good. */
export const FEED_TIMEOUT_MS = 500
/** After all neighbours have been asked in vain. */
export const FEED_RETRY_MS = 250
/** Learners asked before a voter is: most of what is pulled should come from them, and news must not take long. */
export const FEED_LEARNERS_FIRST = 2
/** Whom the leader replicates to pulls only what it has been lacking for so long. */
export const FEED_GRACE_MS = 500
/** Who has heard for so long from nobody how far the mesh is asks: two announcements have not come. */
export const FEED_POLL_MS = 7500
/** Whose entries were false is not asked again for so long. */
export const FEED_AVOID_MS = 60_000
/** Gathered from one neighbour before the signature over it can be checked: a log is compacted long before. */
export const MAX_FEED_BYTES = 64 * 1024 * 1024
/** What one neighbour gets in a second at most, and what an answer costs at least: pulling is free for who pulls. */
export const FEED_BYTES_PER_SECOND = 32 * 1024 * 1024
export const FEED_ANSWER_BYTES = 16 * 1024
/** Neighbours that are kept count of; connections are fewer. */
export const FEED_SERVED_PEERS = 1024
/** A peer in a term above its leader's says so this often. */
export const SAY_AHEAD_EVERY_MS = 1000
/** Changes of the committee that are kept; whoever was away for more comes back by way of a new epoch. */
export const MAX_STEPS = 128
/** What one weighs at most: names and signatures of five voters. */
export const STEP_BYTES = 1500
/** A peer that needs steps asks a neighbour so often. */
export const STEPS_EVERY_MS = 250
/**
 * A voter is believed to be so many terms ahead by one message. Numbers go to 2^53: at ten thousand messages a second, one
 * that lies needs some thirty years to use them up. Who is really further ahead says so again, or a claim or a certificate
 * proves it, which goes any way at once; a day of nothing but split votes is 86,400 terms, and made good in 87 messages.
 */
export const MAX_TERM_LEAP = 1000
/** A learner that once voted in terms the committee has not reached is caught up with by one election, at most this often. */
export const CATCH_UP_EVERY_MS = 30_000
/** A voter that leaves says so this often until it is out. */
export const LEAVING_EVERY_MS = 200
/** A leader that leaves waits this long for a successor who has caught up before it tries the next. */
export const TRANSFER_RETRY_MS = 400
/** Longest stretch of time one tick may count as awake: a suspended laptop must not wake up and open an epoch. */
export const AWAKE_TICK_MAX_MS = 1000
/** Lines left of which a peer remembers its promises. A return is to the line left last or the one before. */
export const MAX_PAST_LINES = 32
