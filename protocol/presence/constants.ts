/**
 * Times of presence, in milliseconds, with reasons.
 */

/** A record is gossiped again this often, so that a newcomer knows everybody soon. */
export const ANNOUNCE_EVERY_MS = 4000
/** Changes are gathered this long before they are gossiped. */
export const ANNOUNCE_DELAY_MS = 50
/** Memory and speed drift all the time; a change below this share is told only with the next regular record. */
export const NOTEWORTHY_CHANGE = 0.05
/** A peer that has not been heard of for this long has left (three records missed). */
export const LOST_AFTER_MS = 13_000
/** A tab in the background may run its timers once a minute (dashboard.md section 6): it says that it is hidden, and gets longer. */
export const LOST_HIDDEN_AFTER_MS = 75_000
/** A peer whose connection closed and that was not heard of since has left. */
export const LOST_AFTER_DISCONNECT_MS = 1500
export const SWEEP_EVERY_MS = 500
