/**
 * Time as the services see it. Cores get `now` as an argument; services get a clock, so that tests can drive them.
 */
export interface Clock {
  /** Monotonic milliseconds; says nothing about the date. */
  now(): number
  /** Milliseconds since 1970, for people; never compared between peers. */
  wall(): number
  /** Calls `task` every `ms` until the returned function is called. */
  every(ms: number, task: () => void): () => void
  after(ms: number, task: () => void): () => void
}

export const systemClock: Clock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  every: (ms, task) => {
    const timer = setInterval(task, ms)
    return () => clearInterval(timer)
  },
  after: (ms, task) => {
    const timer = setTimeout(task, ms)
    return () => clearTimeout(timer)
  },
}
