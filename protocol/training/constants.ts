/**
 * Times of training, in milliseconds, with reasons.
 */

/** A member that sends nothing for this long within a step is reported; a step here takes 10–1000 ms. */
export const STALL_MIN_MS = 5000
/** In a group's first step, whose kernels are compiled by drivers as they run. */
export const STALL_FIRST_MS = 30_000
/** Or for so many times the usual step, where steps are long. */
export const STALL_FACTOR = 12
/** Our own progress events: DESIGN 8.4 allows ten a second, the last step, which is always told, included. */
export const PROGRESS_EVERY_MS = 125
/** Progress for watchers elsewhere, by gossip. */
export const GOSSIP_PROGRESS_EVERY_MS = 250
/** A member beside the one that tells for the group: at most eight such messages a second in all. */
export const MEMBER_PROGRESS_MIN_MS = 1000
export const MEMBER_PROGRESS_PER_PEER_MS = 125
/** Weight of the newest step in the moving average of step times. */
export const STEP_TIME_WEIGHT = 0.1
