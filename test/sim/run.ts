/**
 * Runs seeds by hand, and replays one with a trace:
 *
 *   npm run sim -- --seeds 1000 --from 1          both layers, the rate and what failed
 *   npm run sim -- --seeds 1000 --stop            up to the first failure
 *   npm run sim -- --seed 42 --layer jobs --trace one seed, one line per event
 */
import { parseArgs } from 'node:util'
import { LAYERS, type Layer, replayCommand, runSeed } from './layers.ts'

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    seeds: { type: 'string', default: '200' },
    from: { type: 'string', default: '1' },
    layer: { type: 'string' },
    trace: { type: 'boolean', default: false },
    stop: { type: 'boolean', default: false },
  },
})

function whole(text: string, option: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) {
    console.error(`--${option}: must be a whole number, got ${text}`)
    process.exit(2)
  }
  return value
}

const layers = LAYERS.filter((layer) => values.layer === undefined || layer === values.layer)
if (layers.length === 0) {
  console.error(`--layer: must be one of ${LAYERS.join(', ')}, got ${values.layer}`)
  process.exit(2)
}
const first = whole(values.seed ?? values.from, values.seed === undefined ? 'from' : 'seed')
const count = values.seed === undefined ? whole(values.seeds, 'seeds') : 1
const print = values.trace ? (line: string) => console.log(line) : undefined

let failed = 0
for (const layer of layers) failed += await runMany(layer)
process.exitCode = failed > 0 ? 1 : 0

async function runMany(layer: Layer): Promise<number> {
  const startedAt = performance.now()
  const totals = new Map<string, number>()
  let failures = 0
  for (let seed = first; seed < first + count && !(values.stop && failures > 0); seed++) {
    try {
      const figures = await runSeed(layer, seed, print)
      for (const [name, value] of Object.entries(figures)) totals.set(name, (totals.get(name) ?? 0) + value)
    } catch (error) {
      failures += 1
      const { name, message, stack } = error as Error
      console.error(`seed ${seed}, ${layer}: ${name === 'Violation' ? message : stack}\n  ${replayCommand(layer, seed)}`)
    }
  }
  const seconds = (performance.now() - startedAt) / 1000
  const means = [...totals].map(([name, total]) => `${name} ${(total / Math.max(1, count - failures)).toFixed(1)}`)
  console.log(`${layer}: ${count} seeds in ${seconds.toFixed(1)} s (${(count / seconds).toFixed(1)} a second), ${failures} failed; means: ${means.join(', ')}`)
  return failures
}
