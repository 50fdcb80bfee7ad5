/**
 * Seeds in vitest, for either layer. A failing one is shrunk, and named with the command that replays it. `SIM_FROM` and
 * `SIM_SEEDS` choose others than those of every run.
 */
import { setImmediate } from 'node:timers/promises'
import { describe, it } from 'vitest'
import { type Layer, replayCommand, runSeed } from './layers.ts'
import type { MeshOptions } from './mesh.ts'
import { shrink } from './shrink.ts'

/** Seeds of one test: on a machine ten times slower than usual these still end long before a test is given up. */
const BATCH = 100

/** `former`: seeds that failed once. Changes of the simulator draw other runs from them; `stories.test.ts` keeps what they showed. */
export function describeSeeds(layer: Layer, count: number, former: readonly number[], also: NonNullable<MeshOptions['also']> = []): void {
  const from = Number(process.env.SIM_FROM ?? 1)
  const seeds = Number(process.env.SIM_SEEDS ?? count)

  describe(`simulation, layer ${layer}${also.length > 0 ? ` with ${also.join()}` : ''}`, () => {
    for (let first = from; first < from + seeds; first += BATCH) {
      const end = Math.min(first + BATCH, from + seeds)
      it(`keeps every invariant over seeds ${first} to ${end - 1}`, async () => {
        for (let seed = first; seed < end; seed++) await check(layer, { seed, also })
      })
    }

    it.runIf(former.length > 0)('keeps every invariant over seeds that failed once', async () => {
      for (const seed of former) await check(layer, { seed, also })
    })
  })
}

async function check(layer: Layer, options: MeshOptions): Promise<void> {
  // A run never waits: without a pause the test runner hears nothing from this process for a minute, and gives it up.
  await setImmediate()
  try {
    await runSeed(layer, options)
  } catch (error) {
    const shrunk = await shrink(layer, options)
    const lines = [`seed ${options.seed}: ${(error as Error).message}`, `  replay: ${replayCommand(layer, options)}`]
    if (shrunk !== null) lines.push(`  shrunk to ${shrunk.faultsLeft} faults: ${shrunk.error.message}`, `  replay: ${replayCommand(layer, shrunk.options)}`)
    throw new Error(lines.join('\n'), { cause: error })
  }
}
