/**
 * The all-reduce of one group as the simulator has it: the messages and the order of `protocol/collective/allreduce.ts`
 * (parts to the owners, merged slices from them), without the numbers. A frame says which weights its sender starts from.
 */
import type { Weights } from './weights.ts'
import { Violation } from './world.ts'

export interface GroupFrame {
  readonly jobId: string
  readonly attempt: number
  readonly membership: number
  readonly step: number
  readonly kind: 'part' | 'merged'
  readonly weights: Weights
}

/** A member that cannot be reached or is silent. */
export interface Lost {
  readonly peerId: string
  readonly reason: string
}

interface StepState {
  own: Weights | null
  readonly parts: Map<string, Weights>
  readonly merged: Set<string>
  summed: boolean
  done: ((lost: Lost | null) => void) | null
}

export interface GroupInit {
  readonly jobId: string
  readonly attempt: number
  readonly membership: number
  readonly members: readonly string[]
  readonly self: string
  readonly startStep: number
  readonly send: (peer: string, frame: GroupFrame) => boolean
}

export class SimGroup {
  private readonly init: GroupInit
  private readonly others: readonly string[]
  private readonly steps = new Map<number, StepState>()
  private completed: number
  private closed: Lost | null = null

  constructor(init: GroupInit) {
    this.init = init
    this.others = init.members.filter((peer) => peer !== init.self)
    this.completed = init.startStep
  }

  /** `done(null)` when the step is merged. */
  reduce(step: number, weights: Weights, done: (lost: Lost | null) => void): void {
    if (this.closed !== null) {
      done(this.closed)
      return
    }
    const state = this.stateOf(step)
    state.own = weights
    state.done = done
    for (const peer of this.others) {
      if (this.send(peer, step, 'part', weights)) continue
      this.finish(state, { peerId: peer, reason: 'cannot be reached' })
      return
    }
    this.progress(step, state)
  }

  receive(from: string, frame: GroupFrame): void {
    const { step } = frame
    if (!this.others.includes(from) || this.closed !== null || step <= this.completed || step > this.completed + 2) return
    const state = this.stateOf(step)
    if (frame.kind === 'part') state.parts.set(from, frame.weights)
    else state.merged.add(from)
    this.progress(step, state)
  }

  missing(step: number): string | null {
    const state = this.steps.get(step)
    if (state === undefined) return null
    return this.others.find((peer) => !state.parts.has(peer)) ?? this.others.find((peer) => !state.merged.has(peer)) ?? null
  }

  close(lost: Lost): void {
    this.closed = lost
    const waiting = [...this.steps.values()]
    this.steps.clear()
    for (const state of waiting) this.finish(state, lost)
  }

  private finish(state: StepState, lost: Lost | null): void {
    const { done } = state
    state.done = null
    done?.(lost)
  }

  private stateOf(step: number): StepState {
    let state = this.steps.get(step)
    if (state === undefined) {
      state = { own: null, parts: new Map(), merged: new Set(), summed: false, done: null }
      this.steps.set(step, state)
    }
    return state
  }

  private send(peer: string, step: number, kind: GroupFrame['kind'], weights: Weights): boolean {
    const { jobId, attempt, membership } = this.init
    return this.init.send(peer, { jobId, attempt, membership, step, kind, weights })
  }

  private progress(step: number, state: StepState): void {
    const { own } = state
    if (own === null) return
    if (!state.summed && this.others.every((peer) => state.parts.has(peer))) {
      for (const [peer, weights] of state.parts) {
        if (weights !== own) {
          const who = `${peer} starts step ${step} of membership ${this.init.membership} from ${weights.id} (${weights.depth}), ${this.init.self} from ${own.id} (${own.depth})`
          throw new Violation('a group starts from the same weights', who)
        }
      }
      state.summed = true
      for (const peer of this.others) {
        if (this.send(peer, step, 'merged', own)) continue
        this.finish(state, { peerId: peer, reason: 'cannot be reached' })
        return
      }
    }
    if (state.summed && state.done !== null && this.others.every((peer) => state.merged.has(peer))) {
      this.completed = step
      this.steps.delete(step)
      this.finish(state, null)
    }
  }
}
