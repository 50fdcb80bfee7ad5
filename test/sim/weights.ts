/**
 * Weights without numbers: every version is a node with its parent, made once for every (parent, group) by whoever
 * completes the step first. Two members that computed the same hold the same node; whatever was merged twice or left out
 * shows as a wrong depth.
 */
import { Violation } from './world.ts'

export interface Weights {
  readonly id: string
  /** Steps from the initial weights. */
  readonly depth: number
  readonly jobId: string
}

export class WeightsLedger {
  private readonly known = new Map<string, Weights>()
  private readonly byId = new Map<string, Weights>()
  /** By line, job and attempt: the newest membership that has completed a step. */
  private readonly newest = new Map<string, number>()
  /** By the same and membership: the newest step it completed, and the one it had when a newer membership went ahead. */
  private readonly reached = new Map<string, { step: number; limit: number }>()
  steps = 0

  initial(jobId: string): Weights {
    return this.make(`initial/${jobId}`, 0, jobId)
  }

  /** What the group makes of `parent` in one step. */
  after(parent: Weights, group: string): Weights {
    return this.make(`${parent.id}/${group}`, parent.depth + 1, parent.jobId)
  }

  find(id: string): Weights | undefined {
    return this.byId.get(id)
  }

  /**
   * I7: once a membership has completed a step, older ones of the same attempt get no further. A member that was frozen
   * may still end the step that was under way: what the others sent for it is there, what it makes of it counts nowhere.
   */
  completed(attemptKey: string, membership: number, step: number): void {
    this.steps += 1
    const key = `${attemptKey}/${membership}`
    const reached = this.reached.get(key) ?? { step: 0, limit: Infinity }
    this.reached.set(key, reached)
    const newest = this.newest.get(attemptKey) ?? 0
    if (membership < newest) {
      if (reached.limit === Infinity) reached.limit = Math.max(step, reached.step + 1)
      if (step > reached.limit)
        throw new Violation('one membership at a time', `membership ${membership} of ${attemptKey} goes on to step ${step} after ${newest} has`)
    } else this.newest.set(attemptKey, membership)
    reached.step = Math.max(reached.step, step)
  }

  private make(key: string, depth: number, jobId: string): Weights {
    let weights = this.known.get(key)
    if (weights === undefined) {
      weights = { id: `w${this.known.size.toString(36)}`, depth, jobId }
      this.known.set(key, weights)
      this.byId.set(weights.id, weights)
    }
    return weights
  }
}
