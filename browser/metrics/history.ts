/**
 * Puts in order what several members remember of a job: each tells its own past, on its own clock, with the steps it did
 * twice after going back.
 */
import type { JobProgressEvent } from '../../protocol/events/types.ts'

export interface PastPoint {
  readonly peerId: string
  readonly event: JobProgressEvent
  /** On that member's clock, milliseconds since 1970. */
  readonly timeMs: number
}

export interface Untangled {
  /** Of each member, ascending in step: what was undone is left out. */
  readonly members: ReadonlyMap<string, readonly PastPoint[]>
  /** One point per step: from the member that tells most, where it has that step, else from any. */
  readonly group: readonly PastPoint[]
}

export function untangle(points: readonly PastPoint[]): Untangled {
  const members = new Map<string, PastPoint[]>()
  for (const point of points) {
    const { step } = point.event
    if (!(Number.isSafeInteger(step) && step > 0)) continue
    const own = members.get(point.peerId) ?? []
    members.set(point.peerId, own)
    while (own.length > 0 && (own[own.length - 1] as PastPoint).event.step >= step) own.pop()
    own.push(point)
  }
  const bySteps = new Map<number, PastPoint>()
  for (const own of [...members.values()].sort((a, b) => b.length - a.length)) {
    for (const point of own) if (!bySteps.has(point.event.step)) bySteps.set(point.event.step, point)
  }
  const group = [...bySteps.values()].sort((a, b) => a.event.step - b.event.step)
  return { members, group }
}
