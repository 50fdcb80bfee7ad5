/**
 * Runs seeds by hand, and replays one with a trace:
 *
 *   npm run sim -- --seeds 1000 --from 1                        both layers, the rate and what failed, failures shrunk
 *   npm run sim -- --seeds 1000 --jobs 4 --stop                 in four processes, up to the first failure
 *   npm run sim -- --seed 42 --layer jobs --trace               one seed, one line per event
 *   npm run sim -- --seed 42 --layer jobs --keep 3,7 --trace    of the faults of the seed only these
 *   npm run sim -- --seeds 100 --also hostile,twins             with kinds of faults that not every run has
 */
import { parseArgs } from 'node:util'
import { bundleWorker, Worker } from './bundle.ts'
import type { FaultKind } from './fault-kinds.ts'
import { isFaultKind, LAYERS, type Layer, replayCommand, runSeed } from './layers.ts'
import type { MeshOptions } from './mesh.ts'
import { shrink } from './shrink.ts'

/** Seeds that a process is given at a time: small enough that all end together. */
const BATCH = 20
/** How often a long run says how far it is. */
const PROGRESS_EVERY_MS = 30_000
/** Failures that are shrunk; the others are probably the same. */
const SHRUNK_FAILURES = 3

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    layer: { type: 'string' },
    jobs: { type: 'string', default: '2' },
    also: { type: 'string' },
    keep: { type: 'string' },
    until: { type: 'string' },
    peers: { type: 'string' },
    trace: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
    'no-shrink': { type: 'boolean', default: false },
  },
})

function fail(text: string): never {
  console.error(text)
  process.exit(2)
}

function whole(text: string, option: string, least = 0): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) fail(`--${option}: must be a whole number of at least ${least}, got ${text}`)
  return value
}

const layers = LAYERS.filter((layer) => values.layer === undefined || layer === values.layer)
if (layers.length === 0) fail(`--layer: must be one of ${LAYERS.join(', ')}, got ${values.layer}`)
const also = (values.also?.split(',') ?? []).map((text): FaultKind => (isFaultKind(text) ? text : fail(`--also: no kind of fault is called ${text}`)))

const one = values.seed
process.exitCode = (one === undefined ? await runMany() : await runOne(whole(one, 'seed'))) > 0 ? 1 : 0

async function runOne(seed: number): Promise<number> {
  const { keep, until, peers } = values
  const options: MeshOptions = {
    seed,
    also,
    ...(keep === undefined ? {} : { keep: new Set(keep === 'none' ? [] : keep.split(',').map((text) => whole(text, 'keep'))) }),
    ...(until === undefined ? {} : { untilMs: whole(until, 'until') }),
    ...(peers === undefined ? {} : { peers: whole(peers, 'peers', 1) }),
    ...(values.trace ? { print: (line) => console.log(line) } : {}),
  }
  let failures = 0
  for (const layer of layers) {
    try {
      console.log(`${layer}: ${JSON.stringify(await runSeed(layer, options))}`)
    } catch (error) {
      failures += 1
      report(layer, seed, error as Error)
      if (!values.trace && !values['no-shrink']) await reportShrunk(layer, options)
    }
  }
  return failures
}

async function runMany(): Promise<number> {
  const first = whole(values.from, 'from')
  const count = whole(values.seeds, 'seeds')
  const bundle = await bundleWorker()
  const workers = Array.from({ length: whole(values.jobs, 'jobs', 1) }, () => new Worker(bundle))
  let failures = 0
  try {
    for (const layer of layers) failures += await runLayer(layer, first, count, workers)
  } finally {
    for (const worker of workers) worker.stop()
    bundle.remove()
  }
  return failures
}

async function runLayer(layer: Layer, first: number, count: number, workers: readonly Worker[]): Promise<number> {
  const startedAt = performance.now()
  const totals = new Map<string, number>()
  const failed: number[] = []
  let ran = 0
  let next = first
  let toldAt = startedAt
  const work = async (worker: Worker): Promise<void> => {
    while (next < first + count && !(values.stop && failed.length > 0)) {
      const from = next
      next += BATCH
      const result = await worker.run({ layer, from, count: Math.min(BATCH, first + count - from), also, stop: values.stop })
      ran += result.ran
      if (performance.now() - toldAt >= PROGRESS_EVERY_MS && ran < count) {
        toldAt = performance.now()
        console.error(`${layer}: ${ran} of ${count} seeds, ${((1000 * ran) / (toldAt - startedAt)).toFixed(1)} a second, ${failed.length} failed`)
      }
      for (const [name, value] of Object.entries(result.totals)) totals.set(name, (totals.get(name) ?? 0) + value)
      for (const { seed, message } of result.failures) {
        failed.push(seed)
        console.error(`seed ${seed}, ${layer}: ${message}\n  ${replayCommand(layer, { seed, also })}`)
      }
    }
  }
  await Promise.all(workers.map(work))
  const seconds = (performance.now() - startedAt) / 1000
  const means = [...totals].map(([name, total]) => `${name} ${(total / Math.max(1, ran - failed.length)).toFixed(1)}`)
  console.log(`${layer}: ${ran} seeds in ${seconds.toFixed(1)} s (${(ran / seconds).toFixed(1)} a second), ${failed.length} failed; means: ${means.join(', ')}`)
  if (!values['no-shrink']) for (const seed of failed.sort((a, b) => a - b).slice(0, SHRUNK_FAILURES)) await reportShrunk(layer, { seed, also })
  return failed.length
}

function report(layer: Layer, seed: number, error: Error): void {
  console.error(`seed ${seed}, ${layer}: ${error.name === 'Violation' ? error.message : error.stack}`)
}

async function reportShrunk(layer: Layer, options: MeshOptions): Promise<void> {
  const shrunk = await shrink(layer, options)
  if (shrunk === null) return
  const { tries, faultsBefore, faultsLeft } = shrunk
  console.error(`seed ${options.seed}, ${layer}, shrunk from ${faultsBefore} faults to ${faultsLeft} in ${tries} runs: ${shrunk.error.message}`)
  console.error(`  ${replayCommand(layer, shrunk.options)}`)
}
