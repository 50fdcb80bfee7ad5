/**
 * Cuts a failing run down to what it needs: faults are dropped (delta debugging, Zeller and Hildebrandt 2002), the time
 * of faults shortened, peers left out, as long as the same invariant breaks.
 */
import { type Layer, runSeed } from './layers.ts'
import type { Mesh, MeshOptions } from './mesh.ts'
import { Violation } from './world.ts'

/** Each try is a whole run; most failures need some dozens. */
const MAX_TRIES = 250

interface Failure {
  readonly options: MeshOptions
  readonly error: Error
  /** When the invariant broke. */
  readonly at: number
  readonly faults: readonly number[]
  readonly peers: number
}

export interface Shrunk {
  readonly options: MeshOptions
  readonly error: Error
  readonly tries: number
  readonly faultsBefore: number
  readonly faultsLeft: number
}

/** `null`: the run does not fail. */
async function attempt(layer: Layer, options: MeshOptions): Promise<Failure | null> {
  let mesh: Mesh | undefined
  const watched: MeshOptions = {
    ...options,
    made: (one) => {
      mesh = one
    },
  }
  try {
    await runSeed(layer, watched)
    return null
  } catch (error) {
    const faults = mesh?.faults.planned.map(({ id }) => id) ?? []
    return { options, error: error as Error, at: mesh?.world.now ?? 0, faults, peers: mesh?.peers.length ?? 0 }
  }
}

export async function shrink(layer: Layer, options: MeshOptions): Promise<Shrunk | null> {
  const first = await attempt(layer, options)
  if (first === null) return null
  let best = first
  let tries = 1
  const name = kindOf(first.error)
  /** Keeps the smaller run when it fails in the same way. */
  const smaller = async (change: Partial<MeshOptions>): Promise<boolean> => {
    if (tries >= MAX_TRIES) return false
    tries += 1
    const failure = await attempt(layer, { ...best.options, ...change })
    if (failure === null || kindOf(failure.error) !== name) return false
    best = failure
    return true
  }

  await smaller({ keep: new Set() })
  for (let chunk = Math.ceil(best.faults.length / 2); chunk >= 1 && best.faults.length > 0; ) {
    let dropped = false
    for (let from = 0; from < best.faults.length; ) {
      const rest = [...best.faults.slice(0, from), ...best.faults.slice(from + chunk)]
      if (await smaller({ keep: new Set(rest) })) dropped = true
      else from += chunk
    }
    if (chunk === 1 && !dropped) break
    if (!dropped || chunk > best.faults.length) chunk = Math.max(1, Math.ceil(Math.min(chunk, best.faults.length) / 2))
    if (best.faults.length === 0 || tries >= MAX_TRIES) break
  }
  for (let until = Math.floor(best.at / 2); until >= 500; until = Math.floor(until / 2)) {
    if (!(await smaller({ untilMs: until }))) break
  }
  while (best.peers > 2 && (await smaller({ peers: best.peers - 1 }))) {
    // one more left out
  }
  return { options: best.options, error: best.error, tries, faultsBefore: first.faults.length, faultsLeft: best.faults.length }
}

function kindOf(error: Error): string {
  return error instanceof Violation ? error.invariant : error.message
}
