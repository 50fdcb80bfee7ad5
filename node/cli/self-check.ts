/**
 * Does this adapter compute what it should? One gradient of a small multilayer perceptron on the GPU against plain
 * float64 loops, which share nothing with the kernels but the formulas. A driver that is wrong here would train garbage.
 */
import { createEngine, initialParameters, type KernelDevice, layoutOf } from '../../kernels/index.ts'
import type { TrainingSpec } from '../../kernels/spec.ts'

const INPUTS = 37
const HIDDEN = 29
const CLASSES = 7
const ROWS = 19

/** f32 sums of a few hundred products: measured errors are near 1e-7. */
const TOLERANCE = 1e-4

export interface SelfCheck {
  readonly ok: boolean
  /** ‖gpu − reference‖ / ‖reference‖ over the whole gradient. */
  readonly gradientError: number
  readonly lossError: number
  readonly milliseconds: number
}

const SPEC: TrainingSpec = {
  model: {
    kind: 'sequential',
    input: [INPUTS],
    layers: [{ type: 'linear', units: HIDDEN, bias: true }, { type: 'relu' }, { type: 'linear', units: CLASSES, bias: true }],
  },
  loss: { type: 'cross-entropy', labelSmoothing: 0, ignoreIndex: -100 },
  optimizer: { type: 'sgd', lr: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
  schedule: { type: 'constant', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 },
  clipNorm: null,
  precision: 'f32',
  nonFinite: 'stop',
  seed: 1,
  totalSteps: 1,
}

export async function selfCheck(device: KernelDevice): Promise<SelfCheck> {
  const layout = layoutOf(SPEC)
  const parameters = initialParameters(SPEC)
  // Neither random nor regular: every run checks the same numbers.
  const x = Float32Array.from({ length: ROWS * INPUTS }, (_, i) => Math.sin(i * 1.7) + 0.5 * Math.cos(i * 0.31))
  const y = Int32Array.from({ length: ROWS }, (_, i) => (i * 3) % CLASSES)
  const expected = reference((name) => entryOf(name), x, y)

  function entryOf(name: string): Float32Array {
    const entry = layout.entries.find((candidate) => candidate.name === name)
    return parameters.subarray(entry?.offset ?? 0, (entry?.offset ?? 0) + (entry?.size ?? 0))
  }

  const engine = await createEngine(device, SPEC, ROWS)
  try {
    engine.writeParameters(parameters)
    const startMs = performance.now()
    const { gradient, lossSum } = await engine.gradient({ x, y, count: ROWS, step: 1, sampleOffset: 0 })
    const milliseconds = performance.now() - startMs
    let [difference, size] = [0, 0]
    for (const { name, offset, size: length } of layout.entries) {
      const right = expected.gradients.get(name)
      for (let i = 0; i < length; i += 1) {
        const wanted = right?.[i] ?? Number.NaN
        difference += ((gradient[offset + i] ?? Number.NaN) - wanted) ** 2
        size += wanted ** 2
      }
    }
    const gradientError = Math.sqrt(difference / size)
    const lossError = Math.abs(lossSum - expected.lossSum) / expected.lossSum
    return { ok: gradientError < TOLERANCE && lossError < TOLERANCE, gradientError, lossError, milliseconds }
  } finally {
    engine.dispose()
  }
}

/** Sum of cross-entropy over the rows and its gradient; `weight: [out, in]`, as PyTorch has it. */
function reference(parameter: (name: string) => Float32Array, x: Float32Array, y: Int32Array): { lossSum: number; gradients: Map<string, Float64Array> } {
  const [w1, b1, w2, b2] = ['0.weight', '0.bias', '2.weight', '2.bias'].map((name) => Float64Array.from(parameter(name))) as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ]
  const [g1, c1, g2, c2] = [w1, b1, w2, b2].map((vector) => new Float64Array(vector.length)) as [Float64Array, Float64Array, Float64Array, Float64Array]
  let lossSum = 0
  for (let row = 0; row < ROWS; row += 1) {
    const input = Float64Array.from(x.subarray(row * INPUTS, (row + 1) * INPUTS))
    const hidden = affine(w1, b1, input).map((value) => Math.max(0, value))
    const logits = affine(w2, b2, hidden)
    const top = Math.max(...logits)
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - top), 0)
    const label = y[row] ?? 0
    lossSum += Math.log(total) + top - (logits[label] ?? 0)
    const dLogits = logits.map((logit, i) => Math.exp(logit - top) / total - (i === label ? 1 : 0))
    const dHidden = new Float64Array(HIDDEN)
    dLogits.forEach((d, out) => {
      c2[out] = (c2[out] ?? 0) + d
      hidden.forEach((h, i) => {
        g2[out * HIDDEN + i] = (g2[out * HIDDEN + i] ?? 0) + d * h
        dHidden[i] = (dHidden[i] ?? 0) + (h > 0 ? d * (w2[out * HIDDEN + i] ?? 0) : 0)
      })
    })
    dHidden.forEach((d, out) => {
      c1[out] = (c1[out] ?? 0) + d
      input.forEach((value, i) => {
        g1[out * INPUTS + i] = (g1[out * INPUTS + i] ?? 0) + d * value
      })
    })
  }
  return {
    lossSum,
    gradients: new Map([
      ['0.weight', g1],
      ['0.bias', c1],
      ['2.weight', g2],
      ['2.bias', c2],
    ]),
  }
}

function affine(weight: Float64Array, bias: Float64Array, input: Float64Array): Float64Array {
  return bias.map((b, out) => input.reduce((sum, value, i) => sum + value * (weight[out * input.length + i] ?? 0), b))
}
