/**
 * Virtual time for a whole mesh in one process: a queue of events, one seeded source of randomness, and a trace. Nothing
 * here or above reads a real clock or real randomness, so that a seed is a complete description of a run.
 */

export type Random = () => number

/** sfc32 (Doty-Humphrey's PractRand), seeded through splitmix32: fast, and a seed differs from its neighbour in every draw. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  const split = (): number => {
    state = (state + 0x9e3779b9) >>> 0
    let z = state
    z = Math.imul(z ^ (z >>> 16), 0x21f0aaad)
    z = Math.imul(z ^ (z >>> 15), 0x735a2d97)
    return (z ^ (z >>> 15)) >>> 0
  }
  let a = split()
  let b = split()
  let c = split()
  let d = split()
  return () => {
    const t = (((a + b) | 0) + d) | 0
    d = (d + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    c |= 0
    return (t >>> 0) / 4294967296
  }
}

/** So many events of one moment are a loop without end. */
const MAX_AT_ONCE = 1_000_000

interface Event {
  readonly at: number
  readonly order: number
  readonly task: () => void
}

/** A broken invariant: the run stops here, with the seed that replays it. */
export class Violation extends Error {
  readonly invariant: string

  constructor(invariant: string, detail: string) {
    super(`${invariant}: ${detail}`)
    this.name = 'Violation'
    this.invariant = invariant
  }
}

/** What is drawn from one source of randomness. */
export class Draws {
  readonly random: Random

  constructor(seed: number) {
    this.random = seededRandom(seed)
  }

  uniform(low: number, high: number): number {
    return low + this.random() * (high - low)
  }

  integer(low: number, high: number): number {
    return low + Math.floor(this.random() * (high - low))
  }

  chance(probability: number): boolean {
    return this.random() < probability
  }

  pick<T>(list: readonly T[]): T {
    return list[this.integer(0, list.length)] as T
  }
}

export class World extends Draws {
  /** Virtual milliseconds since the start of the run. */
  now = 0
  events = 0
  private atOnce = 0
  private readonly heap: Event[] = []
  private nextOrder = 0
  private readonly print: ((line: string) => void) | null

  constructor(seed: number, print: ((line: string) => void) | null = null) {
    super(seed)
    this.print = print
  }

  /** One line of the trace; the text is made only when somebody reads it. */
  note(text: () => string): void {
    this.print?.(`${this.now.toFixed(1).padStart(9)} ${text()}`)
  }

  /** Events of the same moment run in the order in which they were planned. */
  at(time: number, task: () => void): void {
    const { heap } = this
    const event: Event = { at: Math.max(time, this.now), order: this.nextOrder++, task }
    let i = heap.length
    heap.push(event)
    while (i > 0) {
      const parent = (i - 1) >> 1
      const above = heap[parent] as Event
      if (!before(event, above)) break
      heap[i] = above
      i = parent
    }
    heap[i] = event
  }

  after(delayMs: number, task: () => void): void {
    this.at(this.now + delayMs, task)
  }

  /** Runs everything up to and including `time`. */
  runUntil(time: number): void {
    while (this.heap.length > 0 && (this.heap[0] as Event).at <= time) {
      const event = this.pop()
      if (event.at > this.now) this.atOnce = 0
      else if (++this.atOnce > MAX_AT_ONCE) throw new Violation('time goes on', `${MAX_AT_ONCE} events at ${this.now} ms`)
      this.now = event.at
      this.events += 1
      event.task()
    }
    this.now = Math.max(this.now, time)
  }

  private pop(): Event {
    const { heap } = this
    const top = heap[0] as Event
    const last = heap.pop() as Event
    if (heap.length > 0) {
      let i = 0
      for (;;) {
        let child = 2 * i + 1
        if (child >= heap.length) break
        if (child + 1 < heap.length && before(heap[child + 1] as Event, heap[child] as Event)) child += 1
        const below = heap[child] as Event
        if (!before(below, last)) break
        heap[i] = below
        i = child
      }
      heap[i] = last
    }
    return top
  }
}

function before(a: Event, b: Event): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order)
}
