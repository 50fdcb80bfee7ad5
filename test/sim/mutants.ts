/**
 * Is the simulator worth its time? Each mutant switches off one rule of the protocol; the simulator must notice. The change
 * is made while the simulator is bundled, and runs in a process of its own:
 *
 *   npm run sim:mutants              all of them
 *   npm run sim:mutants -- vote      those with "vote" in their name; --jobs N: in so many processes (else two)
 *
 * A mutant whose text is not found exactly once is an error: the rule has moved, and the mutant must follow it. So is a
 * process that ends without an answer: that catches nothing.
 */
import { parseArgs } from 'node:util'
import { bundleWorker, Worker } from './bundle.ts'
import { MUTANTS, type Mutant, mutated } from './mutant-list.ts'

const SEEDS = 1500
const BATCH = 50

interface Outcome {
  readonly seeds: number
  readonly caughtBy: string | null
}

async function hunt(mutant: Mutant): Promise<Outcome> {
  let found = false
  const bundle = await bundleWorker((file, source) => {
    if (file !== mutant.file) return source
    found = true
    return mutated(source, mutant)
  })
  if (!found) throw new Error(`mutant "${mutant.name}": ${mutant.file} is no part of the simulator`)
  const worker = new Worker(bundle)
  try {
    const limit = mutant.seeds ?? SEEDS
    let seeds = 0
    while (seeds < limit) {
      const count = Math.min(BATCH, limit - seeds)
      const { ran, failures } = await worker.run({ layer: mutant.layer, from: seeds + 1, count, also: mutant.also ?? [], stop: true })
      seeds += ran
      if (failures[0] !== undefined) return { seeds, caughtBy: failures[0].message }
    }
    return { seeds, caughtBy: null }
  } finally {
    worker.stop()
    bundle.remove()
  }
}

const { values, positionals: wanted } = parseArgs({ options: { jobs: { type: 'string', default: '2' } }, allowPositionals: true })
const queue = MUTANTS.filter((mutant) => wanted.length === 0 || wanted.some((word) => mutant.name.includes(word)))
const total = queue.length
let caught = 0

async function work(): Promise<void> {
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const startedAt = performance.now()
    const told = (verdict: string, text: string): void =>
      console.log(`${verdict} ${mutant?.name} (${text}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
    try {
      const { seeds, caughtBy } = await hunt(mutant)
      if (caughtBy === null) told('SURVIVES', `${seeds} seeds`)
      else {
        caught += 1
        told('caught  ', `seed ${seeds}: ${caughtBy.split('\n')[0]?.slice(0, 140)}`)
      }
    } catch (error) {
      told('BROKEN  ', (error as Error).message)
    }
  }
}

await Promise.all(Array.from({ length: Number(values.jobs) }, work))
console.log(`${caught} of ${total} mutants caught`)
process.exitCode = caught < total ? 1 : 0
