/**
 * Every figure of the training core on the adapter at hand, for machines that have a GPU and no packages: it loads nothing
 * but `webgpu`, so that esbuild makes one file of it. Elsewhere `cyxwiz bench` tells the same, and compares with other libraries.
 *
 *     node adapter.mjs [--models mlp,cnn,gpt,gpt2-small] [--sizes 512,1024,2048,4096] [--blocks 10] [--out figures.json]
 *
 * Both precisions where the adapter has f16. What fails is told with its reason and the rest is measured all the same; the
 * exit code is 1 then. `torch_step.py` beside it measures PyTorch in the same visit.
 */
import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { openDevice } from '../../kernels/index.ts'
import type { Precision } from '../../kernels/spec.ts'
import { TuningTable } from '../../kernels/tuning/table.ts'
import { FORMS, measureProducts } from '../../node/bench/kernels/matmul.ts'
import { MODEL_NAMES, type ModelName } from '../../node/bench/kernels/models.ts'
import { measureSteps } from '../../node/bench/kernels/step.ts'
import { selfCheck } from '../../node/cli/self-check.ts'
import { nativeBackend, nativeType, openGpu } from '../../node/gpu/open.ts'

const { values } = parseArgs({
  options: {
    models: { type: 'string', default: MODEL_NAMES.join(',') },
    sizes: { type: 'string', default: '512,1024,2048,4096' },
    blocks: { type: 'string', default: '10' },
    out: { type: 'string' },
  },
})
const models = values.models.split(',').filter((name): name is ModelName => MODEL_NAMES.some((known) => known === name))
const sizes = values.sizes.split(',').map(Number)
const blocks = Number(values.blocks)

const gpu = openGpu()
const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' })
if (adapter === null) throw new Error('no adapter: is there a driver?')
const type = nativeType(adapter.info)
const device = await openDevice(gpu, {
  backend: nativeBackend(),
  ...(type === undefined ? {} : { type }),
  // Measured at first use, as a job does it, with all the time it takes.
  tuning: (report) => ({
    table: new TuningTable(report.description),
    missing: 'measure',
    holdUpMs: Number.POSITIVE_INFINITY,
    mostElements: Number.POSITIVE_INFINITY,
    now: () => performance.now(),
    changed: () => {},
  }),
})
const figures: Record<string, unknown> = { device: device.report, matrices: device.caps.subgroupMatrices }
const { signal } = new AbortController()
const say = (text: string): void => void process.stderr.write(`${text}\n`)

async function part(name: string, work: () => Promise<unknown>): Promise<void> {
  try {
    figures[name] = await work()
    say(`${name}: ${JSON.stringify(figures[name])}`)
  } catch (error) {
    figures[name] = { failed: error instanceof Error ? (error.stack ?? error.message) : String(error) }
    process.exitCode = 1
    say(`${name} FAILED: ${error instanceof Error ? error.message : String(error)}`)
  }
  // After each part: a visit may end at any time.
  if (values.out !== undefined) writeFileSync(values.out, JSON.stringify({ ...figures, choices: device.tuning?.table.entries() }, null, 1))
}

const precisions: Precision[] = device.caps.f16 ? ['f32', 'mixed'] : ['f32']
const common = { device, rivals: [], blocks, signal, say }
await part('self-check', () => selfCheck(device))
for (const precision of precisions) {
  for (const size of sizes) await part(`matmul ${size} ${precision}`, () => measureProducts({ ...common, sizes: [size], forms: FORMS, precision }))
  for (const name of models) await part(`step ${name} ${precision}`, () => measureSteps({ ...common, models: [name], precision, profile: true }))
}
process.exit()
