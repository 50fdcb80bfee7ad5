/**
 * Training step of a multilayer perceptron (784-256-10, batch 64) against tfjs-backend-webgpu, on the same adapter in the
 * same run. Numbers are compared before anything is timed: same weights, same batches, the losses of the first steps
 * must agree.
 *
 *   node --import tsx test/bench/step.ts [--steps 60] [--json]
 *
 * tfjs has Adam and no AdamW; ours runs AdamW (more arithmetic per parameter) in the timing and Adam in the comparison.
 */
import { parseArgs } from 'node:util'
import { createEngine, initialParameters, layoutOf, type OptimizerSpec, type TrainingSpec } from '../../kernels/index.ts'
import { dawn, dawnDevice } from '../gpu/dawn.ts'
import { loadTfjs } from '../tfjs.ts'

const { values: options } = parseArgs({ options: { steps: { type: 'string', default: '60' }, json: { type: 'boolean', default: false } } })
const STEPS = Number(options.steps)
const CHECKED_STEPS = 5
const TOLERANCE = 1e-4
const BATCH = 64
const [INPUT, HIDDEN, CLASSES] = [784, 256, 10]
const LEARNING_RATE = 1e-3

const adam: OptimizerSpec = { type: 'adam', lr: LEARNING_RATE, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 }
const adamw: OptimizerSpec = { ...adam, type: 'adamw', weightDecay: 0.01 }
const spec = (optimizer: OptimizerSpec): TrainingSpec => ({
  model: { kind: 'sequential', input: [INPUT], layers: [{ type: 'linear', units: HIDDEN }, { type: 'relu' }, { type: 'linear', units: CLASSES }] },
  loss: { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
  optimizer,
  schedule: { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 },
  clipNorm: null,
  precision: 'f32',
  seed: 7,
  totalSteps: 1_000_000,
})

/** Random, never zeros: a driver may take short cuts on zeros. */
function makeBatches(count: number): { x: Float32Array; y: Int32Array }[] {
  let state = 12345
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state / 2 ** 32
  }
  return Array.from({ length: count }, () => ({
    x: Float32Array.from({ length: BATCH * INPUT }, random),
    y: Int32Array.from({ length: BATCH }, () => Math.floor(random() * CLASSES)),
  }))
}
const batches = makeBatches(8)
const batchOf = (step: number) => batches[step % batches.length] as { x: Float32Array; y: Int32Array }

async function ours(): Promise<{ losses: number[]; step: (index: number) => Promise<number>; device: string; dispose: () => void }> {
  const device = await dawnDevice()
  const checked = await createEngine(device, spec(adam), BATCH)
  checked.writeParameters(initialParameters(spec(adam)))
  const losses: number[] = []
  for (let step = 1; step <= CHECKED_STEPS; step++) {
    const { lossSum, weight } = await checked.step({ ...batchOf(step), count: BATCH, step, sampleOffset: 0 })
    losses.push(lossSum / weight)
  }
  checked.dispose()
  const timed = await createEngine(device, spec(adamw), BATCH)
  timed.writeParameters(initialParameters(spec(adamw)))
  return {
    losses,
    device: device.report.description,
    step: async (index) => (await timed.step({ ...batchOf(index), count: BATCH, step: index, sampleOffset: 0 })).lossSum,
    dispose: () => device.dispose(),
  }
}

async function tfjs(): Promise<{ losses: number[]; step: (index: number) => Promise<number> }> {
  // tfjs looks for navigator.gpu when it is loaded; Node 20 has no navigator and later ones have a getter.
  Object.defineProperty(globalThis, 'navigator', {
    configurable: true,
    writable: true,
    value: { gpu: await dawn(), userAgent: 'node', hardwareConcurrency: 2 },
  })
  const { globals } = await import('webgpu')
  Object.assign(globalThis, globals)
  const tf = await loadTfjs()
  await tf.loadWebgpu()
  await tf.setBackend('webgpu')
  await tf.ready()

  const flat = initialParameters(spec(adam))
  const tensor = (name: string) => {
    const entry = layoutOf(spec(adam)).entries.find((candidate) => candidate.name === name)
    if (entry === undefined) throw new Error(`no parameter ${name}`)
    return tf.tensor(flat.slice(entry.offset, entry.offset + entry.size), [...entry.shape])
  }
  const makeStep = () => {
    const w1 = tf.variable(tensor('0.weight'))
    const b1 = tf.variable(tensor('0.bias'))
    const w2 = tf.variable(tensor('2.weight'))
    const b2 = tf.variable(tensor('2.bias'))
    const optimizer = tf.train.adam(LEARNING_RATE, 0.9, 0.999, 1e-8)
    return async (index: number): Promise<number> => {
      const { x, y } = batchOf(index)
      const input = tf.tensor2d(x, [BATCH, INPUT])
      const labels = tf.tidy(() => tf.oneHot(tf.tensor1d(y, 'int32'), CLASSES))
      const loss = optimizer.minimize(
        () => {
          const hidden = tf.relu(tf.add(tf.matMul(input, w1, false, true), b1))
          return tf.losses.softmaxCrossEntropy(labels, tf.add(tf.matMul(hidden, w2, false, true), b2))
        },
        true,
        [w1, b1, w2, b2],
      )
      if (loss === null) throw new Error('tfjs returned no loss')
      const [value = Number.NaN] = await loss.data()
      tf.dispose([input, labels, loss])
      return value
    }
  }
  const checked = makeStep()
  const losses: number[] = []
  for (let step = 1; step <= CHECKED_STEPS; step++) losses.push(await checked(step))
  return { losses, step: makeStep() }
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

async function main(): Promise<void> {
  const own = await ours()
  const other = await tfjs()
  const differences = own.losses.map((loss, i) => Math.abs(loss - (other.losses[i] ?? Number.NaN)))
  if (!differences.every((difference) => difference < TOLERANCE)) {
    throw new Error(`losses disagree, nothing is timed: ours ${own.losses.join(', ')}; tfjs ${other.losses.join(', ')}`)
  }
  // Alternating blocks: a neighbour that loads the machine slows both sides alike.
  const BLOCK = 5
  const times: Record<'ours' | 'tfjs', number[]> = { ours: [], tfjs: [] }
  for (let done = 0; done < STEPS + 2 * BLOCK; done += BLOCK) {
    for (const [name, step] of [
      ['ours', own.step],
      ['tfjs', other.step],
    ] as const) {
      const start = performance.now()
      for (let i = 1; i <= BLOCK; i++) await step(done + i)
      if (done >= 2 * BLOCK) times[name].push((performance.now() - start) / BLOCK)
    }
  }
  const [oursMs, tfjsMs] = [median(times.ours), median(times.tfjs)]
  const best = { oursMs: Math.min(...times.ours), tfjsMs: Math.min(...times.tfjs) }
  const report = {
    device: own.device,
    losses: own.losses,
    largestLossDifference: Math.max(...differences),
    oursMs,
    tfjsMs,
    ratio: tfjsMs / oursMs,
    best,
    bestRatio: best.tfjsMs / best.oursMs,
  }
  if (options.json) console.log(JSON.stringify(report))
  else {
    console.log(`device            ${report.device}`)
    console.log(`losses agree to   ${report.largestLossDifference.toExponential(1)} over ${CHECKED_STEPS} steps`)
    console.log(`ours (AdamW)      ${oursMs.toFixed(2)} ms a step, best ${best.oursMs.toFixed(2)}`)
    console.log(`tfjs 4.22 (Adam)  ${tfjsMs.toFixed(2)} ms a step, best ${best.tfjsMs.toFixed(2)}`)
    console.log(`ratio             ${report.ratio.toFixed(2)}x (medians), ${report.bestRatio.toFixed(2)}x (best)`)
  }
  own.dispose()
}

await main()
// Dawn keeps the process alive for as long as its GPU object is referenced.
process.exit(0)
