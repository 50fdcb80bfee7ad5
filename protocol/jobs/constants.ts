/**
 * Times of the job manager, in milliseconds, with reasons.
 */

/** Bids are awaited at least this long, so that a near peer does not win by being near. */
export const BID_WINDOW_MIN_MS = 250
/** And at most this long once enough have come. */
export const BID_WINDOW_MAX_MS = 1000
/** An offer that found too few peers is gossiped again this often. */
export const OFFER_EVERY_MS = 1000
/** An offer that seems to have no takers is gossiped this often all the same: who holds memory for the job says so. */
export const HOLDERS_ASKED_EVERY_MS = 5000
/** A bid is good for this long: offers are repeated meanwhile, and so are bids. */
export const BID_GOOD_MS = 2500
/** Who refused is asked again after this long; others have their chance meanwhile. */
export const REFUSAL_GOOD_MS = 1000
/** Who was asked this long ago and said nothing is taken for out of reach, and given to other jobs for as long. */
export const SILENT_AFTER_MS = 3000
/** Above so many peers the schedule is made less often: it looks at every peer for every job that waits. */
export const LARGE_MESH_PEERS = 200
export const PLAN_LARGE_EVERY_MS = 500
/** Offers for joiners while a job runs with fewer members than it may have. */
export const JOINER_OFFER_EVERY_MS = 3000
/** Fetching data and compiling; a 47 MB data set on a 2 Mbit/s link takes 190 s. */
export const PREPARE_TIMEOUT_MS = 240_000
/** Once the first peer is ready, others are awaited this long; later ones join at a round's end. */
export const PREPARE_GRACE_MS = 4000
/** Fetching weights and optimizer state from another member, and connecting to the others. */
export const READY_TIMEOUT_MS = 120_000
/** Commands that were not answered are said again: they are small, and their loss must not cost a timeout. */
export const REPEAT_EVERY_MS = 1000
/** Prepare carries the spec, up to 256 KiB. */
export const REPEAT_PREPARE_EVERY_MS = 5000
/** A question or a stop that got lost must not keep a worker at work: a person who pauses or cancels waits at most a second. */
export const STOP_EVERY_MS = 250
/** The log has told it by then. */
export const STOP_GIVE_UP_MS = 10_000
/** More between two looks at a job is time that this process did not have: it was frozen, and so was the job if it was alone. */
export const MAX_COUNTED_MS = 5000
/** What do you hold? An honest member's network process answers in a round trip even while its adapter works. */
export const QUERY_TIMEOUT_MS = 2500
/** A round is late after this many times its expected length, and at least `ROUND_LATE_MIN_MS`: then members are asked. */
export const ROUND_LATE_FACTOR = 8
export const ROUND_LATE_MIN_MS = 15_000
/** Evaluation and storing of weights: members are asked this often whether they are still there. */
export const EVALUATE_CHECK_MS = 10_000
/** Length that a round with `roundSteps: "auto"` aims at. */
export const ROUND_TARGET_MS = 1000
/** Steps of the first automatic round: enough to measure a step, short enough for the first plot. */
export const FIRST_ROUND_STEPS = 4
export const MAX_AUTO_ROUND_STEPS = 2000
/** Accusations by others after which a member that still answers is left out: its link to them is broken. */
export const MAX_ACCUSATIONS = 2
/** A peer that was dropped from a job is not taken again for this long, doubled each time. */
export const DROPPED_BACKOFF_MS = 5000
/** First delay before another attempt, doubled each time, at most `RETRY_MAX_MS`. */
export const RETRY_MIN_MS = 1000
export const RETRY_MAX_MS = 60_000
/** Copying a checkpoint to one more peer, in the background; a 47 MB one on a 2 Mbit/s link takes 190 s. */
export const KEEP_TIMEOUT_MS = 240_000
/** The request is small, and its loss must not cost the timeout. */
export const REPEAT_KEEP_EVERY_MS = 3000
/** A peer that could not keep a checkpoint (its disk is full, say) is not asked for the same one again for this long. */
export const KEEP_AGAIN_MS = 60_000
/** After its connection closed a peer stays in the list of presence for up to this long; nobody is to be sent to it for a checkpoint. */
export const GONE_DOUBT_MS = 3000
/** A proposal that has not been applied after this long is made again. */
export const PROPOSAL_TIMEOUT_MS = 5000
