/**
 * Seeds in a process of their own, for `run.ts` and `mutants.ts`, which bundle this file (`bundle.ts`).
 */
import { type Figures, type Layer, runSeed } from './layers.ts'
import type { MeshOptions } from './mesh.ts'

export interface Batch {
  readonly layer: Layer
  readonly from: number
  readonly count: number
  readonly also: MeshOptions['also']
  /** End the batch with its first failure. */
  readonly stop: boolean
}

export interface BatchResult {
  readonly ran: number
  readonly totals: Figures
  readonly failures: readonly { readonly seed: number; readonly message: string }[]
}

async function runBatch({ layer, from, count, also = [], stop }: Batch): Promise<BatchResult> {
  const totals: Record<string, number> = {}
  const failures: { seed: number; message: string }[] = []
  let ran = 0
  for (let seed = from; seed < from + count && !(stop && failures.length > 0); seed++) {
    ran += 1
    try {
      const figures = await runSeed(layer, { seed, also })
      for (const [name, value] of Object.entries(figures)) totals[name] = (totals[name] ?? 0) + value
    } catch (error) {
      const { name, message, stack } = error as Error
      failures.push({ seed, message: name === 'Violation' ? message : (stack ?? message) })
    }
  }
  return { ran, totals, failures }
}

process.on('disconnect', () => process.exit(0)) // whoever asked is gone
process.on('message', (batch: Batch) => {
  void runBatch(batch).then((result) => process.send?.(result))
})
