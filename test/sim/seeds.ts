/**
 * Seeds in vitest, for either layer. A failing one is named with the command that replays it. `SIM_FROM` and `SIM_SEEDS`
 * choose others than those of every run.
 */
import { describe, it } from 'vitest'
import { type Layer, replayCommand, runSeed } from './layers.ts'

/** `former`: seeds that failed once. Changes of the simulator draw other runs from them; `stories.test.ts` keeps what they showed. */
export function describeSeeds(layer: Layer, count: number, former: readonly number[]): void {
  const from = Number(process.env.SIM_FROM ?? 1)
  const seeds = Number(process.env.SIM_SEEDS ?? count)

  describe(`simulation, layer ${layer}`, () => {
    it(`keeps every invariant over ${seeds} seeds from ${from}`, async () => {
      for (let seed = from; seed < from + seeds; seed++) await check(layer, seed)
    })

    it('keeps every invariant over seeds that failed once', async () => {
      for (const seed of former) await check(layer, seed)
    })
  })
}

async function check(layer: Layer, seed: number): Promise<void> {
  try {
    await runSeed(layer, seed)
  } catch (error) {
    throw new Error(`seed ${seed}: ${(error as Error).message}\n  replay: ${replayCommand(layer, seed)}`, { cause: error })
  }
}
