/**
 * The two layers of the simulation, by name.
 */
import { runElection } from './election.ts'
import type { MeshOptions } from './mesh.ts'
import { runTraining } from './training.ts'

export const LAYERS = ['election', 'jobs'] as const
export type Layer = (typeof LAYERS)[number]

/** Figures of the run; throws a `Violation` where an invariant broke. */
export async function runSeed(layer: Layer, seed: number, print?: (line: string) => void): Promise<Readonly<Record<string, number>>> {
  const options: MeshOptions = { seed, ...(print === undefined ? {} : { print }) }
  return { ...(layer === 'election' ? runElection(options) : await runTraining(options)) }
}

export function replayCommand(layer: Layer, seed: number): string {
  return `npm run sim -- --layer ${layer} --seed ${seed} --trace`
}
