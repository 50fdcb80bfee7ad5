/**
 * Is the simulator worth its time? Each mutant switches off one rule of the protocol; the simulator must notice. The change
 * is made while the simulator is bundled, and runs in a process of its own:
 *
 *   npm run sim:mutants              all of them
 *   npm run sim:mutants -- vote      those with "vote" in their name
 *     --jobs N                       in so many processes (else two)
 *     --from S --seeds N             other seeds than 1 to 1,500
 *
 * A seed on which the code as it is fails too proves nothing of the mutant: such a run is passed over, and told.
 * A mutant whose text is not found exactly once is an error: the rule has moved, and the mutant must follow it. So is a
 * process that ends without an answer: that catches nothing.
 */
import { parseArgs } from 'node:util'
import { bundleWorker, Worker } from './bundle.ts'
import { MUTANTS, type Mutant, mutated } from './mutant-list.ts'

const BATCH = 50

const { values, positionals: wanted } = parseArgs({
  options: { jobs: { type: 'string', default: '2' }, from: { type: 'string', default: '1' }, seeds: { type: 'string', default: '1500' } },
  allowPositionals: true,
})

function whole(text: string, option: string): number {
  const value = Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  console.error(`--${option}: must be a whole number of at least 1, got ${text}`)
  process.exit(2)
}

const jobs = whole(values.jobs, 'jobs')
const first = whole(values.from, 'from')
const most = whole(values.seeds, 'seeds')

interface Outcome {
  readonly seeds: number
  readonly caughtBy: string | null
  /** Seeds that fail without the change as well. */
  readonly failing: readonly number[]
}

/** `asIs`: the simulator without any change. */
async function hunt(mutant: Mutant, asIs: Worker): Promise<Outcome> {
  let found = false
  const bundle = await bundleWorker((file, source) => {
    if (file !== mutant.file) return source
    found = true
    return mutated(source, mutant)
  })
  if (!found) throw new Error(`mutant "${mutant.name}": ${mutant.file} is no part of the simulator`)
  const worker = new Worker(bundle)
  try {
    const limit = mutant.seeds ?? most
    const failing: number[] = []
    let seeds = 0
    while (seeds < limit) {
      const batch = { layer: mutant.layer, also: mutant.also ?? [], stop: true }
      const { ran, failures } = await worker.run({ ...batch, from: first + seeds, count: Math.min(BATCH, limit - seeds) })
      seeds += ran
      const [failure] = failures
      if (failure === undefined) continue
      const { failures: anyway } = await asIs.run({ ...batch, from: failure.seed, count: 1 })
      if (anyway.length === 0) return { seeds, caughtBy: failure.message, failing }
      failing.push(failure.seed)
    }
    return { seeds, caughtBy: null, failing }
  } finally {
    worker.stop()
    bundle.remove()
  }
}

const queue = MUTANTS.filter((mutant) => wanted.length === 0 || wanted.some((word) => mutant.name.includes(word)))
const total = queue.length
let caught = 0

async function work(): Promise<void> {
  const asIs = new Worker(unchanged)
  for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
    const startedAt = performance.now()
    const told = (verdict: string, text: string): void =>
      console.log(`${verdict} ${mutant?.name} (${text}, ${((performance.now() - startedAt) / 1000).toFixed(1)} s)`)
    try {
      const { seeds, caughtBy, failing } = await hunt(mutant, asIs)
      const but = failing.length === 0 ? '' : `; fail without it too: ${failing.join()}`
      if (caughtBy === null) told('SURVIVES', `${seeds} seeds${but}`)
      else {
        caught += 1
        told('caught  ', `seed ${first + seeds - 1}: ${caughtBy.split('\n')[0]?.slice(0, 140)}${but}`)
      }
    } catch (error) {
      told('BROKEN  ', (error as Error).message)
    }
  }
  asIs.stop()
}

const unchanged = await bundleWorker()
await Promise.all(Array.from({ length: jobs }, work))
unchanged.remove()
console.log(`${caught} of ${total} mutants caught`)
process.exitCode = caught < total ? 1 : 0
