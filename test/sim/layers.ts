/**
 * The two layers of the simulation, by name, and one run of either: a seed, and what was cut from it.
 */
import { runElection } from './election.ts'
import { FAULT_KINDS, type FaultKind } from './fault-kinds.ts'
import type { MeshOptions } from './mesh.ts'
import { runTraining } from './training.ts'
import { Excused } from './twins.ts'

export const LAYERS = ['election', 'jobs'] as const
export type Layer = (typeof LAYERS)[number]

export type Figures = Readonly<Record<string, number>>

/** Figures of the run; throws a `Violation` where an invariant broke. */
export async function runSeed(layer: Layer, options: MeshOptions): Promise<Figures> {
  try {
    return { ...(layer === 'election' ? runElection(options) : await runTraining(options)), excused: 0 }
  } catch (error) {
    if (error instanceof Excused) return { excused: 1 }
    throw error
  }
}

export function replayCommand(layer: Layer, { seed, keep, untilMs, peers, also }: MeshOptions): string {
  const words = [`npm run sim -- --layer ${layer} --seed ${seed}`]
  if (also !== undefined && also.length > 0) words.push(`--also ${also.join()}`)
  if (keep !== undefined) words.push(`--keep ${keep.size === 0 ? 'none' : [...keep].join()}`)
  if (untilMs !== undefined) words.push(`--until ${untilMs}`)
  if (peers !== undefined) words.push(`--peers ${peers}`)
  return [...words, '--trace'].join(' ')
}

export function isFaultKind(text: string): text is FaultKind {
  return (FAULT_KINDS as readonly string[]).includes(text)
}
