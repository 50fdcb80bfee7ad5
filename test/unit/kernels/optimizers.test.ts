import { describe, expect, it } from 'vitest'
import {
  HostOptimizer,
  initialParameters,
  layoutOf,
  type MuonSpec,
  type OptimizerSpec,
  type ScheduleSpec,
  scheduleFactor,
  type TrainingSpec,
} from '../../../kernels/index.ts'
import { cosPi, lnDeterministic, powInteger } from '../../../kernels/optim/arithmetic.ts'
import { orthogonalised } from '../../../kernels/optim/host-muon.ts'
import { testRandom } from '../../random.ts'
import { mlp, trainingSpec } from '../../specs.ts'

const schedule = (overrides: Partial<ScheduleSpec> = {}): ScheduleSpec => ({
  type: 'constant',
  warmupSteps: 0,
  minRatio: 0,
  stepSize: 1,
  gamma: 1,
  ...overrides,
})

function optimizerFor(spec: TrainingSpec): HostOptimizer {
  return new HostOptimizer(spec.optimizer, spec.schedule, spec.clipNorm, spec.totalSteps, layoutOf(spec))
}

/** PyTorch's rules for one scalar, as its documentation writes them, in float64. */
function pytorch(optimizer: OptimizerSpec, start: number, gradients: readonly number[]): number {
  let [p, m, v, buffer] = [start, 0, 0, 0]
  gradients.forEach((given, i) => {
    let g = given
    if (optimizer.type === 'sgd') {
      g += optimizer.weightDecay * p
      buffer = i === 0 ? g : optimizer.momentum * buffer + g
      p -= optimizer.lr * (optimizer.nesterov ? g + optimizer.momentum * buffer : buffer)
      return
    }
    if (optimizer.type === 'muon') throw new Error('a matrix optimizer has no rule for one scalar')
    const [beta1, beta2] = optimizer.betas
    if (optimizer.type === 'lion') {
      // Algorithm 2 of the paper: the step from one interpolation, the average from another.
      const step = Math.sign(beta1 * m + (1 - beta1) * g)
      m = beta2 * m + (1 - beta2) * g
      p -= optimizer.lr * (step + optimizer.weightDecay * p)
      return
    }
    if (optimizer.type === 'adamw') p -= optimizer.lr * optimizer.weightDecay * p
    else g += optimizer.weightDecay * p
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g * g
    p -= (optimizer.lr * (m / (1 - beta1 ** (i + 1)))) / (Math.sqrt(v / (1 - beta2 ** (i + 1))) + optimizer.eps)
  })
  return p
}

describe('host optimizers', () => {
  const optimizers: OptimizerSpec[] = [
    { type: 'sgd', lr: 0.1, momentum: 0, nesterov: false, weightDecay: 0 },
    { type: 'sgd', lr: 0.1, momentum: 0, nesterov: false, weightDecay: 0.02 },
    { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0.02 },
    { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0.02 },
    { type: 'adam', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.1 },
    { type: 'adamw', lr: 0.01, betas: [0.8, 0.99], eps: 1e-6, weightDecay: 0.1 },
    { type: 'lion', lr: 0.01, betas: [0.9, 0.99], weightDecay: 0.1 },
  ]
  it.each(optimizers.map((optimizer) => [JSON.stringify(optimizer), optimizer] as const))('follow PyTorch’s formulas: %s', (_, optimizer) => {
    const spec = trainingSpec([3], [{ type: 'linear', units: 2 }], { optimizer })
    const host = optimizerFor(spec)
    const layout = layoutOf(spec)
    const start = initialParameters(spec)
    let parameters = start
    let state = host.createState()
    const WEIGHT = 4
    const gradients = Array.from({ length: 6 }, (_, i) => testRandom(i).floats(layout.length))
    gradients.forEach((gradient, i) => {
      const out = { parameters: new Float32Array(layout.length), state: host.createState() }
      host.apply(i + 1, parameters, gradient, WEIGHT, state, out)
      parameters = out.parameters
      state = out.state
    })
    for (const { offset, size } of layout.entries) {
      for (let i = offset; i < offset + size; i++) {
        const expected = pytorch(
          optimizer,
          start[i] as number,
          gradients.map((gradient) => (gradient[i] as number) / WEIGHT),
        )
        expect(Math.abs((parameters[i] as number) - expected)).toBeLessThan(1e-6)
      }
    }
    expect(start, 'what was read is not written').toEqual(initialParameters(spec))
  })

  // torch.optim.Muon, transcribed with plain nested loops: one matrix, its momentum, a step.
  const transpose = (x: number[][]) => (x[0] ?? []).map((_, j) => x.map((row) => row[j] as number))
  const times = (x: number[][], y: number[][]) =>
    x.map((row) => transpose(y).map((column) => row.reduce((sum, value, k) => sum + value * (column[k] as number), 0)))
  const plus = (a: number, x: number[][], b: number, y: number[][]) =>
    x.map((row, i) => row.map((value, j) => a * value + b * ((y[i] as number[])[j] as number)))
  function zeropower(g: number[][], steps: number): number[][] {
    const tall = g.length > (g[0] ?? []).length
    let x = tall ? transpose(g) : g
    const norm = Math.sqrt(x.flat().reduce((sum, value) => sum + value * value, 0))
    x = x.map((row) => row.map((value) => value / Math.max(norm, 1e-7)))
    for (let i = 0; i < steps; i++) {
      const gram = times(x, transpose(x))
      x = plus(3.4445, x, 1, times(plus(-4.775, gram, 2.0315, times(gram, gram)), x))
    }
    return tall ? transpose(x) : x
  }

  it.each([
    ['a wide matrix', 5, 3, {}],
    ['a tall one', 3, 7, {}],
    ['without Nesterov, the rate of AdamW', 4, 4, { nesterov: false, adjustLrFn: 'match_rms_adamw', nsSteps: 3 }],
  ] as const)('muon follows torch.optim.Muon for hidden matrices and AdamW elsewhere: %s', (_, inputs, units, overrides) => {
    const optimizer: MuonSpec = {
      ...{ type: 'muon', lr: 0.02, momentum: 0.9, nesterov: true, weightDecay: 0.1, nsSteps: 5, adjustLrFn: 'original' },
      ...{ adamwLr: 0.003, betas: [0.8, 0.95], eps: 1e-8, ...overrides },
    }
    const spec = trainingSpec([inputs], [{ type: 'linear', units }, { type: 'relu' }, { type: 'linear', units: 2 }], { optimizer })
    const host = optimizerFor(spec)
    const layout = layoutOf(spec)
    expect(layout.entries.filter(({ matrix }) => matrix !== undefined).map(({ name }) => name)).toEqual(['0.weight'])
    const start = initialParameters(spec)
    const vectors = { parameters: start.slice(), state: host.createState() }
    const gradients = Array.from({ length: 4 }, (_, i) => testRandom(i + 9).floats(layout.length))
    for (const [i, gradient] of gradients.entries()) host.apply(i + 1, vectors.parameters, gradient, 4, vectors.state, vectors)

    for (const { offset, size, matrix } of layout.entries) {
      const rows = (vector: Float32Array): number[][] =>
        Array.from({ length: units }, (_, row) => Array.from({ length: inputs }, (_, column) => vector[offset + row * inputs + column] as number))
      if (matrix === undefined) {
        const adamw: OptimizerSpec = { type: 'adamw', lr: 0.003, betas: [0.8, 0.95], eps: 1e-8, weightDecay: 0.1 }
        for (let i = offset; i < offset + size; i++) {
          const own = gradients.map((gradient) => (gradient[i] as number) / 4)
          expect(Math.abs((vectors.parameters[i] as number) - pytorch(adamw, start[i] as number, own))).toBeLessThan(1e-6)
        }
        continue
      }
      let p = rows(start)
      let buffer = p.map((row) => row.map(() => 0))
      const factor = optimizer.adjustLrFn === 'original' ? Math.sqrt(Math.max(1, units / inputs)) : 0.2 * Math.sqrt(Math.max(units, inputs))
      for (const gradient of gradients) {
        const g = rows(gradient).map((row) => row.map((value) => value / 4))
        buffer = plus(0.9, buffer, 1 - 0.9, g)
        const direction = zeropower(optimizer.nesterov ? plus(1 - 0.9, g, 0.9, buffer) : buffer, optimizer.nsSteps)
        p = plus(1 - 0.02 * 0.1, p, -0.02 * factor, direction)
      }
      expect(Math.max(...plus(1, p, -1, rows(vectors.parameters)).flat().map(Math.abs))).toBeLessThan(1e-6)
    }
  })

  it('muon’s direction is close to orthogonal, whatever the gradient’s singular values', () => {
    const [rows, columns] = [6, 20]
    const random = testRandom(4)
    // Rows of very different length.
    const matrix = Float64Array.from({ length: rows * columns }, (_, i) => (2 * random.unit() - 1) * 3 ** Math.floor(i / columns))
    for (const [values, shape] of [
      [orthogonalised(matrix, [rows, columns], 8), [rows, columns]],
      [orthogonalised(matrix, [columns, rows], 8), [columns, rows]],
    ] as const) {
      const x = Array.from({ length: shape[0] }, (_, row) => Array.from(values.subarray(row * shape[1], (row + 1) * shape[1])))
      const gram = shape[0] < shape[1] ? times(x, transpose(x)) : times(transpose(x), x)
      // Jordan's coefficients leave singular values between about 0.7 and 1.2.
      for (const [i, row] of gram.entries()) {
        expect(row[i]).toBeGreaterThan(0.4)
        expect(row[i]).toBeLessThan(1.5)
        for (const [j, value] of row.entries()) if (i !== j) expect(Math.abs(value)).toBeLessThan(0.4)
      }
    }
    expect(orthogonalised(new Float64Array(4), [2, 2], 5), 'a zero matrix stays').toEqual(new Float64Array(4))
  })

  it('gives the same bits in place as into other vectors', () => {
    const spec = trainingSpec([3], mlp(4, 2), { optimizer: { type: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 } })
    const host = optimizerFor(spec)
    const start = initialParameters(spec)
    const gradient = testRandom(1).floats(start.length)
    const out = { parameters: new Float32Array(start.length), state: host.createState() }
    host.apply(1, start, gradient, 3, host.createState(), out)
    const inPlace = { parameters: start, state: host.createState() }
    host.apply(1, inPlace.parameters, gradient, 3, inPlace.state, inPlace)
    const used = layoutOf(spec).entries.flatMap(({ offset, size }) => [offset, offset + size] as const)
    expect(inPlace.parameters.slice(used[0], used[1])).toEqual(out.parameters.slice(used[0], used[1]))
    expect(inPlace.state).toEqual(out.state)
  })

  it('has golden bits, equal on every machine', () => {
    const spec = trainingSpec([5], [{ type: 'linear', units: 3 }], {
      optimizer: { type: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 },
      schedule: schedule({ type: 'cosine', warmupSteps: 2, minRatio: 0.1 }),
      clipNorm: 0.5,
      totalSteps: 10,
    })
    const host = optimizerFor(spec)
    const parameters = initialParameters(spec)
    const state = host.createState()
    for (let step = 1; step <= 10; step++) host.apply(step, parameters, testRandom(step).floats(parameters.length), 2, state, { parameters, state })
    expect(Array.from(new Uint32Array(parameters.buffer, 256, 4), (word) => word.toString(16))).toMatchInlineSnapshot(`
      [
        "3d4f809e",
        "be9ff8d3",
        "be99560a",
        "3e10792d",
      ]
    `)
  })

  it('clips by the global norm of the mean gradient, as clip_grad_norm_ does', () => {
    const base = { optimizer: { type: 'sgd', lr: 1, momentum: 0, nesterov: false, weightDecay: 0 } as const }
    const spec = trainingSpec([3], [{ type: 'linear', units: 2 }], { ...base, clipNorm: 0.25 })
    const layout = layoutOf(spec)
    const gradient = new Float32Array(layout.length)
    for (const { offset, size } of layout.entries) gradient.fill(3, offset, offset + size)
    const parameters = new Float32Array(layout.length)
    optimizerFor(spec).apply(1, parameters, gradient, 2, {}, { parameters, state: {} })
    const norm = Math.sqrt(8 * 1.5 ** 2)
    expect(parameters[0]).toBeCloseTo((-1.5 * 0.25) / (norm + 1e-6), 6)
    const loose = trainingSpec([3], [{ type: 'linear', units: 2 }], { ...base, clipNorm: 100 })
    const free = new Float32Array(layout.length)
    optimizerFor(loose).apply(1, free, gradient, 2, {}, { parameters: free, state: {} })
    expect(free[0]).toBe(-1.5)
  })

  it('a zero weight is a zero gradient, and gaps stay as they are', () => {
    const spec = trainingSpec([3], [{ type: 'linear', units: 2 }], { optimizer: { type: 'adamw', lr: 0.1, betas: [0.9, 0.999], eps: 0, weightDecay: 0 } })
    const host = optimizerFor(spec)
    const before = initialParameters(spec)
    const parameters = before.slice()
    const state = host.createState()
    host.apply(1, parameters, new Float32Array(before.length).fill(7), 0, state, { parameters, state })
    expect(parameters).toEqual(before)
  })

  it('moves running statistics towards what the batch showed, counts steps, and clips parameters alone', () => {
    const layers = [{ type: 'conv2d', channels: 2, kernel: 1 }, { type: 'batchnorm2d', momentum: 0.25 }, { type: 'flatten' }, { type: 'linear', units: 2 }]
    const spec = trainingSpec([1, 1, 1], layers, { clipNorm: 1e-3 })
    const layout = layoutOf(spec)
    const at = (name: string) => layout.entries.find((entry) => entry.name === name)?.offset ?? -1
    const parameters = initialParameters(spec)
    const gradient = new Float32Array(layout.length)
    const WEIGHT = 4
    gradient.set([WEIGHT * 8, WEIGHT * 2], at('1.running_mean'))
    gradient.set([WEIGHT * 3, WEIGHT * 1], at('1.running_var'))
    optimizerFor(spec).apply(1, parameters, gradient, WEIGHT, {}, { parameters, state: {} })
    const read = (name: string, count: number) => Array.from(parameters.subarray(at(name), at(name) + count))
    expect(read('1.running_mean', 2)).toEqual([2, 0.5])
    expect(read('1.running_var', 2)).toEqual([1.5, 1])
    expect(read('1.num_batches_tracked', 1)).toEqual([1])
    const before = parameters.slice()
    optimizerFor(spec).apply(2, parameters, gradient, 0, {}, { parameters, state: {} })
    expect(parameters, 'nothing counted, nothing followed').toEqual(before)
  })

  it('names what is missing or has the wrong length', () => {
    const spec = trainingSpec([3], [{ type: 'linear', units: 2 }], { optimizer: { type: 'adamw', lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0 } })
    const host = optimizerFor(spec)
    const parameters = initialParameters(spec)
    const state = host.createState()
    expect(() => host.apply(1, parameters, new Float32Array(3), 1, state, { parameters, state })).toThrow(/vectors of 128 elements are needed, got 3/)
    expect(() => host.apply(1, parameters, parameters, 1, {}, { parameters, state })).toThrow(/state vector exp_avg is missing/)
  })
})

describe('schedules', () => {
  const factors = (given: ScheduleSpec, total: number) => Array.from({ length: total }, (_, t) => scheduleFactor(given, t, total))
  it('warm up by (t + 1) / W and then follow their formula', () => {
    expect(factors(schedule({ warmupSteps: 4 }), 6)).toEqual([0.25, 0.5, 0.75, 1, 1, 1])
    expect(factors(schedule({ type: 'linear', warmupSteps: 2, minRatio: 0.5 }), 6)).toEqual([0.5, 1, 1, 0.875, 0.75, 0.625])
    expect(factors(schedule({ type: 'step', stepSize: 2, gamma: 0.5 }), 6)).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25])
    for (const [t, factor] of factors(schedule({ type: 'cosine', minRatio: 0.2 }), 8).entries()) {
      expect(factor).toBeCloseTo(0.2 + (0.8 * (1 + Math.cos((Math.PI * t) / 8))) / 2, 14)
    }
  })

  it('p is 1 where the warm-up takes the whole run, and beyond its end', () => {
    expect(scheduleFactor(schedule({ type: 'linear', warmupSteps: 5, minRatio: 0.3 }), 5, 5)).toBeCloseTo(0.3, 15)
    expect(scheduleFactor(schedule({ type: 'cosine', minRatio: 0.3 }), 50, 10)).toBeCloseTo(0.3, 15)
  })

  it('the machine-independent cosine and power agree with Math', () => {
    for (const x of [1e-300, 1e-9, 0.3, 0.5, 0.9999, 1, 2, 10, 1e9])
      expect(Math.abs(lnDeterministic(x) - Math.log(x))).toBeLessThan(1e-14 * Math.max(1, Math.abs(Math.log(x))))
    for (let i = 0; i <= 1000; i++) expect(Math.abs(cosPi(i / 1000) - Math.cos((Math.PI * i) / 1000))).toBeLessThan(2e-15)
    for (const [base, exponent] of [
      [0.9, 0],
      [0.999, 1],
      [0.999, 1874],
      [0.9, 100_000],
    ] as const) {
      expect(Math.abs(powInteger(base, exponent) - base ** exponent)).toBeLessThan(1e-13)
    }
  })
})
