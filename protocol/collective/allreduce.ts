/**
 * All-reduce of one group: reduce-scatter, then all-gather (Rabenseifner 2004; as in Hivemind and NCCL), over direct
 * streams. The vector is cut into one slice per member; each member sends every other one its part of that member's
 * slice, the owner adds the parts in the order of the member list (so the sum does not depend on arrival), and sends the
 * sum to all. Everybody ends with the same bytes.
 *
 * Traffic per member and step: 2 · (N − 1) / N · 4 bytes per value, each way.
 *
 * No I/O: frames go out through `send`, come in through `receive`. In flight is at most one step's data per link: a
 * member starts step s + 1 only with all of s.
 */

import type { Uint8ArrayList } from 'uint8arraylist'
import { MemberLostError } from './errors.ts'
import { encodeFrame, type Frame, KIND_MERGED, KIND_PART, MAX_FRAME_VALUES } from './frames.ts'

/** Slices start at multiples of this many values: whole cache lines, and the padding of the parameter layout. */
const SLICE_ALIGNMENT = 64

export interface Sums {
  readonly lossSum: number
  readonly weight: number
  /** NaN where the loss has no notion of right. */
  readonly correct: number
}

export interface Reduced extends Sums {
  /** `[vectorLength]` f32: the sum over members. Must not be changed: parts of it may still be on their way out. */
  readonly vector: Float32Array
}

export interface AllReduceInit {
  readonly jobId: string
  readonly attempt: number
  readonly membership: number
  /** Peer ids in the order in which sums are taken. */
  readonly members: readonly string[]
  readonly self: string
  readonly vectorLength: number
  /** The group's first step is the one after this. */
  readonly startStep: number
  /** Returns false when the peer cannot be reached. */
  readonly send: (peer: string, frame: Uint8ArrayList) => boolean
}

interface Step {
  readonly step: number
  own: { vector: Float32Array; sums: Sums } | null
  /** Parts of this member's slice, by member place. */
  readonly parts: (Float32Array | null)[]
  readonly partValues: number[]
  readonly sums: (Sums | null)[]
  readonly merged: Float32Array
  readonly mergedValues: number[]
  summed: boolean
  waiter: { resolve: (reduced: Reduced) => void; reject: (error: Error) => void } | null
}

export class AllReduce {
  readonly bounds: readonly number[]
  bytesSent = 0
  bytesReceived = 0
  private readonly init: AllReduceInit
  private readonly place: number
  private readonly steps = new Map<number, Step>()
  private completed: number
  private closed: Error | null = null

  constructor(init: AllReduceInit) {
    this.init = init
    this.place = init.members.indexOf(init.self)
    if (this.place < 0) throw new RangeError(`all-reduce: ${init.self} is not a member`)
    this.completed = init.startStep
    this.bounds = sliceBounds(init.vectorLength, init.members.length)
  }

  /**
   * Gives this member's vector for a step; resolves with the sum over all members. `vector` must not be changed
   * afterwards. Rejects when the signal fires, a member cannot be reached, or the group is closed.
   */
  async reduce(step: number, vector: Float32Array, sums: Sums, signal: AbortSignal): Promise<Reduced> {
    if (vector.length !== this.init.vectorLength)
      throw new RangeError(`all-reduce: vector has ${vector.length} values, the group's has ${this.init.vectorLength}`)
    if (this.closed !== null) throw this.closed
    signal.throwIfAborted()
    const state = this.stateOf(step)
    if (state.own !== null) throw new Error(`all-reduce: step ${step} was given twice`)
    state.own = { vector, sums }
    const done = new Promise<Reduced>((resolve, reject) => {
      state.waiter = { resolve, reject }
    })
    const onAbort = (): void => state.waiter?.reject(signal.reason as Error)
    signal.addEventListener('abort', onAbort, { once: true })
    try {
      this.sendParts(state, vector, sums)
      state.sums[this.place] = sums
      this.progress(state)
      return await done
    } finally {
      signal.removeEventListener('abort', onAbort)
      state.waiter = null
    }
  }

  /** Takes a frame of this group from a peer; a frame that does not belong here is ignored. */
  receive(from: string, { head, payload }: Frame): void {
    const place = this.init.members.indexOf(from)
    const { step } = head
    if (place < 0 || place === this.place || this.closed !== null || step <= this.completed || step > this.completed + 2) return
    const state = this.stateOf(step)
    const owner = head.kind === KIND_PART ? this.place : place
    const start = this.bounds[owner] as number
    const end = this.bounds[owner + 1] as number
    const values = payload.byteLength / 4
    // Frames of one slice come in order; anything else is not from an honest peer, and the step waits for the right one.
    const seen = (head.kind === KIND_PART ? state.partValues : state.mergedValues)[place] as number
    if (head.offset !== start + seen || head.offset + values > end) return
    this.bytesReceived += payload.byteLength
    if (head.kind === KIND_PART) {
      let part = state.parts[place] ?? null
      if (part === null) {
        part = new Float32Array(end - start)
        state.parts[place] = part
      }
      copyInto(part, head.offset - start, payload)
      state.partValues[place] = seen + values
      state.sums[place] = { lossSum: head.lossSum, weight: head.weight, correct: head.correct }
    } else if (head.kind === KIND_MERGED) {
      copyInto(state.merged, head.offset, payload)
      state.mergedValues[place] = seen + values
    }
    this.progress(state)
  }

  /** The member that this step waits for: first whoever has not sent its part, then whoever owes a merged slice. */
  missing(step: number): string | null {
    const state = this.steps.get(step)
    if (state === undefined) return null
    const { members } = this.init
    for (let i = 0; i < members.length; i++) if (i !== this.place && !this.hasPart(state, i)) return members[i] as string
    for (let i = 0; i < members.length; i++) if (i !== this.place && !this.hasMerged(state, i)) return members[i] as string
    return null
  }

  /** Ends the group: whatever waits is rejected with `error`. */
  close(error: Error): void {
    this.closed = error
    for (const state of this.steps.values()) state.waiter?.reject(error)
    this.steps.clear()
  }

  private stateOf(step: number): Step {
    let state = this.steps.get(step)
    if (state === undefined) {
      const { length } = this.init.members
      state = {
        step,
        own: null,
        parts: Array<null>(length).fill(null),
        partValues: Array<number>(length).fill(0),
        sums: Array<null>(length).fill(null),
        merged: new Float32Array(this.init.vectorLength),
        mergedValues: Array<number>(length).fill(0),
        summed: false,
        waiter: null,
      }
      this.steps.set(step, state)
    }
    return state
  }

  private sendParts(state: Step, vector: Float32Array, sums: Sums): void {
    this.init.members.forEach((_, owner) => {
      if (owner !== this.place) this.sendSlice(owner, state.step, KIND_PART, vector, owner, sums)
    })
  }

  private sendSlice(to: number, step: number, kind: number, vector: Float32Array, slice: number, sums: Sums): void {
    const { jobId, attempt, membership, members } = this.init
    const end = this.bounds[slice + 1] as number
    let offset = this.bounds[slice] as number
    do {
      const values = vector.subarray(offset, Math.min(end, offset + MAX_FRAME_VALUES))
      const frame = encodeFrame({ jobId, attempt, membership, step, kind, offset, ...sums }, values)
      this.bytesSent += values.byteLength
      const peer = members[to] as string
      if (!this.init.send(peer, frame)) throw new MemberLostError(peer, 'cannot be reached')
      offset += values.length
    } while (offset < end)
  }

  private hasPart(state: Step, place: number): boolean {
    if (place === this.place) return state.own !== null
    const size = (this.bounds[this.place + 1] as number) - (this.bounds[this.place] as number)
    return state.sums[place] != null && (state.partValues[place] ?? 0) >= size
  }

  private hasMerged(state: Step, owner: number): boolean {
    if (owner === this.place) return state.summed
    return (state.mergedValues[owner] ?? 0) >= (this.bounds[owner + 1] as number) - (this.bounds[owner] as number)
  }

  private progress(state: Step): void {
    const { members } = this.init
    if (state.own === null) return
    if (!state.summed && members.every((_, i) => this.hasPart(state, i))) {
      this.sumSlice(state)
      state.summed = true
      try {
        members.forEach((_, to) => {
          if (to !== this.place) this.sendSlice(to, state.step, KIND_MERGED, state.merged, this.place, NO_SUMS)
        })
      } catch (error) {
        state.waiter?.reject(error as Error)
        return
      }
    }
    if (state.summed && state.waiter !== null && members.every((_, i) => this.hasMerged(state, i))) {
      this.completed = state.step
      this.steps.delete(state.step)
      state.waiter.resolve({ vector: state.merged, ...addSums(state.sums as Sums[]) })
    }
  }

  /** Adds all parts of the own slice, in member order: the same bits whoever was first. */
  private sumSlice(state: Step): void {
    const start = this.bounds[this.place] as number
    const end = this.bounds[this.place + 1] as number
    const sum = state.merged.subarray(start, end)
    const own = (state.own as { vector: Float32Array }).vector.subarray(start, end)
    this.init.members.forEach((_, i) => {
      const part = i === this.place ? own : (state.parts[i] as Float32Array | null)
      if (part === null) return // an empty slice has no parts
      if (i === 0) sum.set(part)
      else for (let k = 0; k < sum.length; k++) sum[k] = (sum[k] as number) + (part[k] as number)
      state.parts[i] = null
    })
  }
}

const NO_SUMS: Sums = { lossSum: 0, weight: 0, correct: 0 }

function addSums(all: readonly Sums[]): Sums {
  let lossSum = 0
  let weight = 0
  let correct = 0
  for (const sums of all) {
    lossSum += sums.lossSum
    weight += sums.weight
    correct += sums.correct
  }
  return { lossSum, weight, correct }
}

/** `[members + 1]` cuts of `[0, length]`; slices as equal as the alignment lets them be. */
export function sliceBounds(length: number, members: number): number[] {
  const blocks = Math.ceil(length / SLICE_ALIGNMENT)
  return Array.from({ length: members + 1 }, (_, i) => Math.min(length, Math.floor((blocks * i) / members) * SLICE_ALIGNMENT))
}

function copyInto(target: Float32Array, offset: number, payload: Uint8Array): void {
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(payload, offset * 4)
}
