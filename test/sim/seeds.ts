/**
 * Seeds in vitest, for either layer. A failing one is shrunk, and named with the command that replays it. `SIM_FROM` and
 * `SIM_SEEDS` choose others than those of every run.
 */
import { describe, it } from 'vitest'
import { type Layer, replayCommand, runSeed } from './layers.ts'
import type { MeshOptions } from './mesh.ts'
import { shrink } from './shrink.ts'

/** `former`: seeds that failed once. Changes of the simulator draw other runs from them; `stories.test.ts` keeps what they showed. */
export function describeSeeds(layer: Layer, count: number, former: readonly number[], also: NonNullable<MeshOptions['also']> = []): void {
  const from = Number(process.env.SIM_FROM ?? 1)
  const seeds = Number(process.env.SIM_SEEDS ?? count)

  describe(`simulation, layer ${layer}${also.length > 0 ? ` with ${also.join()}` : ''}`, () => {
    it(`keeps every invariant over ${seeds} seeds from ${from}`, async () => {
      for (let seed = from; seed < from + seeds; seed++) await check(layer, { seed, also })
    })

    it.runIf(former.length > 0)('keeps every invariant over seeds that failed once', async () => {
      for (const seed of former) await check(layer, { seed, also })
    })
  })
}

async function check(layer: Layer, options: MeshOptions): Promise<void> {
  try {
    await runSeed(layer, options)
  } catch (error) {
    const shrunk = await shrink(layer, options)
    const lines = [`seed ${options.seed}: ${(error as Error).message}`, `  replay: ${replayCommand(layer, options)}`]
    if (shrunk !== null) lines.push(`  shrunk to ${shrunk.faultsLeft} faults: ${shrunk.error.message}`, `  replay: ${replayCommand(layer, shrunk.options)}`)
    throw new Error(lines.join('\n'), { cause: error })
  }
}
