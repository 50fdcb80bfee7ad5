/**
 * After a loss: from what the survivors say they hold, the newest step that can go on. Members of one group are at most
 * one step apart (nobody completes a step without everybody's part of it) and keep one previous version, so nearly
 * always all survivors can agree; whoever cannot fetches the weights from one who can.
 */
export interface Holding {
  readonly peerId: string
  readonly step: number
  readonly oldestStep: number
  readonly holdsState: boolean
}

export interface Agreement {
  readonly startStep: number
  /** Survivors that have the weights of `startStep`; empty when nobody has any. */
  readonly holders: readonly string[]
}

export function agree(survivors: readonly Holding[]): Agreement | null {
  const holding = survivors.filter((survivor) => survivor.holdsState)
  if (holding.length === 0) return null
  const newest = Math.max(...holding.map((survivor) => survivor.step))
  const canReach = (step: number): string[] =>
    holding.filter((survivor) => survivor.oldestStep <= step && step <= survivor.step).map((survivor) => survivor.peerId)
  // One step back costs one step of work; leaving a survivor behind costs a transfer of all the weights.
  const candidates = [newest, newest - 1].filter((step) => step >= 0).map((startStep) => ({ startStep, holders: canReach(startStep) }))
  candidates.sort((a, b) => b.holders.length - a.holders.length || b.startStep - a.startStep)
  return candidates[0] as Agreement
}
