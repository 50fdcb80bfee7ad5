import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  type AdamSpec,
  type Batch,
  checkModel,
  createEngine,
  estimateMemory,
  HostOptimizer,
  initialParameters,
  type KernelDevice,
  type KernelError,
  type LossSpec,
  type MuonSpec,
  referenceGradient,
  type TrainingSpec,
} from '../../../kernels/index.ts'
import { testRandom } from '../../random.ts'
import { mlp, trainingSpec } from '../../specs.ts'
import type { DeviceProvider } from './provider.ts'
import { rejection } from './rejection.ts'
import { relativeError } from './run-variant.ts'

const adamw: AdamSpec = { type: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }
const muon: MuonSpec = {
  ...{ type: 'muon', lr: 0.02, momentum: 0.95, nesterov: true, weightDecay: 0.1, nsSteps: 5, adjustLrFn: 'original' },
  ...{ adamwLr: 0.003, betas: [0.9, 0.95], eps: 1e-8 },
}
const INPUT = 13
const CLASSES = 5
const BATCH = 12
const small = (overrides: Partial<TrainingSpec> = {}) => trainingSpec([INPUT], mlp(10, CLASSES), overrides)

function data(count: number, seed = 1, input = INPUT) {
  const random = testRandom(seed)
  return { x: random.floats(count * input), y: Int32Array.from({ length: count }, () => random.integer(0, CLASSES)) }
}

const norm = (vector: ArrayLike<number>) => Math.sqrt(Array.from(vector).reduce((sum, value) => sum + value * value, 0))
const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

const batch = (count: number, step = 1, sampleOffset = 0, seed = 1) => ({ ...data(count, seed), count, step, sampleOffset })

export function engineSuite(provider: DeviceProvider): void {
  describe('the engine', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    const engineFor = async (spec: TrainingSpec, size = BATCH) => {
      const engine = await createEngine(device, spec, size)
      engine.writeParameters(initialParameters(spec))
      return engine
    }

    const models: [string, TrainingSpec][] = [
      ['a multilayer perceptron', small()],
      ['label smoothing and an ignored class', small({ loss: { type: 'cross-entropy', labelSmoothing: 0.1, ignoreIndex: 2 } })],
      [
        'every activation',
        trainingSpec(
          [INPUT],
          ['gelu', 'silu', 'tanh', 'sigmoid', 'leakyrelu', 'relu']
            .flatMap((type) => [{ type: 'linear', units: 9 }, { type }])
            .concat([{ type: 'linear', units: CLASSES }]),
        ),
      ],
      [
        'gelu by tanh, no bias',
        trainingSpec(
          [INPUT],
          [
            { type: 'linear', units: 8, bias: false },
            { type: 'gelu', approximate: 'tanh' },
            { type: 'linear', units: CLASSES, bias: false },
          ],
        ),
      ],
      [
        'flatten and dropout',
        trainingSpec([1, INPUT], [{ type: 'flatten' }, { type: 'linear', units: 16 }, { type: 'dropout', p: 0.3 }, { type: 'linear', units: CLASSES }]),
      ],
      ['an activation before any layer', trainingSpec([INPUT], [{ type: 'tanh' }, { type: 'linear', units: CLASSES }])],
      [
        'an image network: convolutions, pools, batch norm',
        trainingSpec(
          [2, 6, 6],
          [
            { type: 'conv2d', channels: 4, kernel: 3, padding: 1, bias: false },
            { type: 'batchnorm2d' },
            { type: 'relu' },
            { type: 'maxpool2d', kernel: 2 },
            { type: 'conv2d', channels: 6, kernel: [3, 2], groups: 2 },
            { type: 'avgpool2d', kernel: [1, 2], stride: 1 },
            { type: 'flatten' },
            { type: 'linear', units: CLASSES },
          ],
        ),
      ],
      [
        'residual blocks, group norm and global pooling',
        trainingSpec(
          [3, 4, 4],
          [
            { type: 'residual', layers: [{ type: 'conv2d', channels: 3, kernel: 3, padding: 1 }, { type: 'groupnorm', numGroups: 3 }, { type: 'silu' }] },
            { type: 'globalavgpool2d' },
            {
              type: 'residual',
              layers: [
                { type: 'linear', units: 3 },
                { type: 'residual', layers: [{ type: 'tanh' }] },
              ],
            },
            { type: 'linear', units: CLASSES },
          ],
        ),
      ],
      [
        'layer norm, RMS norm, softmax and reshape',
        trainingSpec(
          [12],
          [
            { type: 'reshape', shape: [3, -1] },
            { type: 'linear', units: 6 },
            { type: 'layernorm' },
            { type: 'softmax', dim: 1 },
            { type: 'linear', units: 8 },
            { type: 'rmsnorm' },
            { type: 'flatten' },
            { type: 'linear', units: CLASSES },
          ],
        ),
      ],
      [
        'recurrent layers, on top of each other',
        trainingSpec(
          [6, 3],
          [
            { type: 'lstm', hiddenSize: 7, numLayers: 2 },
            { type: 'gru', hiddenSize: 5, output: 'last' },
            { type: 'linear', units: CLASSES },
          ],
        ),
      ],
    ]
    it.each(models)('has the reference’s loss and gradient: %s', async (_, spec) => {
      const engine = await engineFor(spec)
      const given = { ...data(BATCH - 3, 1, elements(checkModel(spec.model).input)), count: BATCH - 3, step: 4, sampleOffset: 20 }
      const expected = referenceGradient(spec, initialParameters(spec), given)
      const result = await engine.gradient(given)
      expect(Math.abs(result.lossSum - expected.lossSum) / expected.lossSum).toBeLessThan(1e-5)
      expect([result.weight, result.correct]).toEqual([expected.weight, expected.correct])
      for (const { name, offset, size } of engine.layout.entries) {
        const part = (vector: Float32Array | Float64Array) => vector.subarray(offset, offset + size)
        // A norm takes out what a bias before it adds: such a gradient is zero, and its relative error is noise.
        const share = norm(part(expected.gradient)) / norm(expected.gradient)
        expect(relativeError(part(result.gradient), part(expected.gradient)) * Math.min(1, share * 1e3), name).toBeLessThan(1e-4)
      }
      engine.dispose()
    })

    const losses: LossSpec[] = [{ type: 'mse' }, { type: 'l1' }, { type: 'huber', delta: 0.3 }, { type: 'bce-with-logits' }]
    it.each(losses)('has the reference’s gradient for the loss $type, and no accuracy', async (loss) => {
      const spec = trainingSpec([INPUT], [{ type: 'linear', units: 7 }, { type: 'tanh' }, { type: 'linear', units: 3 }], { loss })
      const engine = await engineFor(spec)
      const random = testRandom(3)
      const given = { x: random.floats(BATCH * INPUT), y: random.floats(BATCH * 3), count: BATCH, step: 1, sampleOffset: 0 }
      const expected = referenceGradient(spec, initialParameters(spec), given)
      const result = await engine.gradient(given)
      expect(Math.abs(result.lossSum - expected.lossSum) / expected.lossSum).toBeLessThan(1e-5)
      expect(relativeError(result.gradient, expected.gradient)).toBeLessThan(1e-5)
      expect(result.weight).toBe(BATCH * 3)
      expect(result.correct).toBeNull()
      engine.dispose()
    })

    it('takes token ids, and answers each position', async () => {
      const layers = [{ type: 'embedding', numEmbeddings: 9, embeddingDim: 6 }, { type: 'layernorm' }, { type: 'linear', units: 9 }]
      const spec = trainingSpec([7], layers)
      const engine = await engineFor(spec)
      const random = testRandom(8)
      const tokens = (high: number) => Int32Array.from({ length: BATCH * 7 }, () => random.integer(0, high))
      const given = { x: tokens(9), y: tokens(9), count: BATCH - 1, step: 1, sampleOffset: 0 }
      const expected = referenceGradient(spec, initialParameters(spec), given)
      const result = await engine.gradient(given)
      expect(result.weight).toBe((BATCH - 1) * 7)
      expect(relativeError(result.gradient, expected.gradient)).toBeLessThan(1e-5)
      given.x[10] = 9
      expect((await rejection(engine.gradient(given))).message).toMatch(/token 9 of sample 1 is not in 0 to 8/)
      const numbers = { ...given, x: new Float32Array(given.x) }
      expect((await rejection(engine.gradient(numbers))).message).toMatch(/takes i32 token ids, got f32/)
      engine.dispose()
    })

    it('a small GPT-2 has the reference’s loss and gradient, dropout included, and repeats its bits', async () => {
      const shape = { kind: 'gpt2', vocabSize: 11, nPositions: 6, nEmbd: 8, nLayer: 1, nHead: 2 } as const
      const random = testRandom(3)
      const tokens = () => Int32Array.from({ length: 4 * 6 }, () => random.integer(0, 11))
      const given = { x: tokens(), y: tokens(), count: 3, step: 2, sampleOffset: 5 }
      const spec = { ...trainingSpec([1], []), model: { ...shape, dropout: 0.2 }, optimizer: adamw }
      const engine = await engineFor(spec, 4)
      expect(engine.memoryBytes).toBe(estimateMemory(spec, 4).gpuBytes)
      const expected = referenceGradient(spec, initialParameters(spec), given)
      const result = await engine.gradient(given)
      expect(Math.abs(result.lossSum - expected.lossSum) / expected.lossSum).toBeLessThan(1e-5)
      for (const { name, offset, size } of engine.layout.entries) {
        const part = (vector: Float32Array | Float64Array) => vector.subarray(offset, offset + size)
        const share = norm(part(expected.gradient)) / norm(expected.gradient)
        expect(relativeError(part(result.gradient), part(expected.gradient)) * Math.min(1, share * 1e3), name).toBeLessThan(1e-4)
      }
      expect(await engine.gradient(given)).toEqual(result)
      engine.dispose()
    })

    // Recorded on lavapipe; a driver may round otherwise, so the losses have a tolerance, and the bits of two runs none.
    const golden: [string, TrainingSpec, number, number[]][] = [
      [
        'an image network',
        trainingSpec(
          [1, 8, 8],
          [
            { type: 'conv2d', channels: 4, kernel: 3, padding: 1, bias: false },
            { type: 'batchnorm2d' },
            { type: 'relu' },
            { type: 'maxpool2d', kernel: 2 },
            { type: 'flatten' },
            { type: 'linear', units: CLASSES },
          ],
          { optimizer: adamw, clipNorm: 1 },
        ),
        64,
        [1.5269, 1.707, 1.8841, 1.1659, 1.4799, 1.5404, 1.0482, 1.3316, 1.3757, 0.9046],
      ],
      [
        'a small GPT',
        { ...trainingSpec([1], []), model: { kind: 'gpt2', vocabSize: 16, nPositions: 8, nEmbd: 8, nLayer: 1, nHead: 2, dropout: 0 }, optimizer: adamw },
        8,
        [2.7763, 2.7825, 2.773, 2.7605, 2.7348, 2.7368, 2.7373, 2.7219, 2.7054, 2.7078],
      ],
      [
        'an LSTM over tokens',
        trainingSpec(
          [8],
          [
            { type: 'embedding', numEmbeddings: 16, embeddingDim: 6 },
            { type: 'lstm', hiddenSize: 12, numLayers: 2 },
            { type: 'linear', units: 16 },
          ],
          { optimizer: adamw, clipNorm: 1 },
        ),
        8,
        [2.7615, 2.799, 2.7837, 2.7402, 2.783, 2.7743, 2.7323, 2.7706, 2.7649, 2.7272],
      ],
    ]
    it.each(golden)('ten steps have the recorded losses, and the same bits twice: %s', async (_, spec, perSample, expected) => {
      const tokens = checkModel(spec.model).inputType === 'i32'
      const run = async () => {
        const engine = await engineFor(spec)
        const losses: number[] = []
        for (let step = 1; step <= 10; step++) {
          const random = testRandom(step % 3)
          const ids = (length: number, high: number) => Int32Array.from({ length }, () => random.integer(0, high))
          const x = tokens ? ids(BATCH * perSample, 16) : random.floats(BATCH * perSample)
          const { lossSum, weight } = await engine.step({
            x,
            y: tokens ? ids(BATCH * perSample, 16) : ids(BATCH, CLASSES),
            count: BATCH,
            step,
            sampleOffset: 0,
          })
          losses.push(lossSum / weight)
        }
        const parameters = await engine.readParameters()
        engine.dispose()
        return { losses, parameters }
      }
      const [first, second] = [await run(), await run()]
      expect(second).toEqual(first)
      expect(expected).toHaveLength(10)
      first.losses.forEach((loss, i) => {
        expect(Math.abs(loss - (expected[i] ?? Number.NaN)), `step ${i + 1}`).toBeLessThan(1e-3)
      })
    })

    it('running statistics follow the batches, on the GPU as on the host, and evaluation uses them', async () => {
      const layers = [{ type: 'conv2d', channels: 3, kernel: 2, bias: false }, { type: 'batchnorm2d' }, { type: 'flatten' }, { type: 'linear', units: CLASSES }]
      const spec = trainingSpec([2, 3, 3], layers, { optimizer: adamw, clipNorm: 0.5 })
      const engine = await engineFor(spec)
      const host = new HostOptimizer(spec.optimizer, spec.schedule, spec.clipNorm, spec.totalSteps, engine.layout)
      const parameters = initialParameters(spec)
      const state = host.createState()
      for (let step = 1; step <= 4; step++) {
        const given = { ...data(BATCH, step, 18), count: BATCH - (step % 2), step, sampleOffset: 0 }
        const expected = referenceGradient(spec, parameters, given)
        await engine.step(given)
        host.apply(step, parameters, Float32Array.from(expected.gradient), expected.weight, state, { parameters, state })
      }
      const actual = await engine.readParameters()
      for (const { name, offset, size } of engine.layout.entries) {
        const part = (vector: Float32Array) => vector.subarray(offset, offset + size)
        expect(relativeError(part(actual), part(parameters)), name).toBeLessThan(1e-4)
        if (name === '1.num_batches_tracked') expect(actual[offset]).toBe(4)
      }
      const alone = await engine.evaluate({ ...data(BATCH, 9, 18), count: 1, step: 1, sampleOffset: 0 })
      const first = await engine.evaluate({ ...data(BATCH, 9, 18), count: 2, step: 1, sampleOffset: 0 })
      expect(alone.lossSum, 'a sample does not depend on its batch').toBeLessThan(first.lossSum)
      engine.dispose()
    })

    it('leaves the gaps between tensors zero', async () => {
      const spec = small({ optimizer: { ...adamw, eps: 0 } })
      const engine = await engineFor(spec)
      await engine.step(batch(BATCH))
      const { gradient } = await engine.gradient(batch(BATCH, 2))
      const parameters = await engine.readParameters()
      for (const vector of [gradient, parameters]) {
        const rest = vector.slice()
        for (const { offset, size } of engine.layout.entries) rest.fill(0, offset, offset + size)
        expect(rest.every((value) => value === 0)).toBe(true)
      }
      engine.dispose()
    })

    const optimizers: [string, Partial<TrainingSpec>][] = [
      ['sgd', {}],
      ['sgd with momentum and weight decay', { optimizer: { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: false, weightDecay: 0.01 } }],
      ['sgd with Nesterov momentum', { optimizer: { type: 'sgd', lr: 0.1, momentum: 0.9, nesterov: true, weightDecay: 0 } }],
      ['adam with weight decay', { optimizer: { ...adamw, type: 'adam', weightDecay: 0.1 } }],
      ['adamw', { optimizer: adamw }],
      [
        'adamw, clipped, cosine with warm-up',
        { optimizer: adamw, clipNorm: 0.05, schedule: { type: 'cosine', warmupSteps: 3, minRatio: 0.1, stepSize: 1, gamma: 1 }, totalSteps: 10 },
      ],
      ['lion', { optimizer: { type: 'lion', lr: 0.003, betas: [0.9, 0.99], weightDecay: 0.1 } }],
      ['muon, clipped, step', { optimizer: muon, clipNorm: 0.1, schedule: { type: 'step', warmupSteps: 2, minRatio: 0, stepSize: 3, gamma: 0.5 } }],
      ['sgd, clipped, linear', { clipNorm: 0.1, schedule: { type: 'linear', warmupSteps: 0, minRatio: 0, stepSize: 1, gamma: 1 }, totalSteps: 12 }],
    ]
    it.each(optimizers)('ten fused steps match a float64-gradient run with the host optimizer: %s', async (_, overrides) => {
      const spec = small(overrides)
      const engine = await engineFor(spec)
      const host = new HostOptimizer(spec.optimizer, spec.schedule, spec.clipNorm, spec.totalSteps, engine.layout)
      const parameters = initialParameters(spec)
      const state = host.createState()
      for (let step = 1; step <= 10; step++) {
        const given = batch(BATCH, step, 0, step)
        const expected = referenceGradient(spec, parameters, given)
        const actual = await engine.step(given)
        expect(Math.abs(actual.lossSum - expected.lossSum) / expected.lossSum, `loss of step ${step}`).toBeLessThan(1e-4)
        host.apply(step, parameters, Float32Array.from(expected.gradient), expected.weight, state, { parameters, state })
      }
      expect(relativeError(await engine.readParameters(), parameters)).toBeLessThan(1e-5)
      const gpuState = await engine.readOptimizerState()
      expect(Object.keys(gpuState)).toEqual(host.stateNames)
      for (const name of host.stateNames) expect(relativeError(gpuState[name] as Float32Array, state[name] as Float32Array), name).toBeLessThan(1e-3)
      engine.dispose()
    })

    it('shares of a batch add up to the whole, dropout included', async () => {
      const spec = trainingSpec(
        [INPUT],
        [
          { type: 'linear', units: 16 },
          { type: 'dropout', p: 0.5 },
          { type: 'linear', units: CLASSES },
        ],
      )
      const engine = await engineFor(spec)
      const all = data(BATCH)
      const whole = await engine.gradient({ ...all, count: BATCH, step: 3, sampleOffset: 0 })
      const sum = new Float64Array(engine.layout.length)
      let lossSum = 0
      for (const [from, count] of [
        [0, 5],
        [5, 4],
        [9, 3],
      ] as const) {
        const share = await engine.gradient({ x: all.x.slice(from * INPUT), y: all.y.slice(from), count, step: 3, sampleOffset: from })
        share.gradient.forEach((value, i) => {
          sum[i] = (sum[i] ?? 0) + value
        })
        lossSum += share.lossSum
      }
      expect(relativeError(whole.gradient, sum)).toBeLessThan(1e-6)
      expect(lossSum).toBeCloseTo(whole.lossSum, 4)
      const other = await engine.gradient({ ...all, count: BATCH, step: 4, sampleOffset: 0 })
      expect(other.lossSum).not.toBe(whole.lossSum)
      engine.dispose()
    })

    it('evaluation leaves out dropout and changes nothing', async () => {
      const layers = (p: number) => [
        { type: 'linear', units: 16 },
        { type: 'dropout', p },
        { type: 'linear', units: CLASSES },
      ]
      const dropping = await engineFor(trainingSpec([INPUT], layers(0.5)))
      const plain = await engineFor(trainingSpec([INPUT], layers(0)))
      const given = batch(BATCH)
      expect(await dropping.evaluate(given)).toEqual(await plain.evaluate(given))
      expect(await dropping.readParameters()).toEqual(initialParameters(trainingSpec([INPUT], layers(0.5))))
      dropping.dispose()
      plain.dispose()
    })

    it('rows that a shorter batch leaves behind cannot matter, even when they were not finite', async () => {
      const engine = await engineFor(small())
      const clean = await engine.gradient(batch(4))
      const poisoned = batch(BATCH)
      poisoned.x.fill(Number.NaN)
      expect((await rejection(engine.gradient(poisoned))).code).toBe('NON_FINITE')
      expect(await engine.gradient(batch(4))).toEqual(clean)
      engine.dispose()
    })

    it('gives the same bits twice', async () => {
      const run = async () => {
        const engine = await engineFor(small({ optimizer: adamw, clipNorm: 1 }))
        for (let step = 1; step <= 5; step++) await engine.step(batch(BATCH, step, 0, step))
        const parameters = await engine.readParameters()
        engine.dispose()
        return parameters
      }
      expect(await run()).toEqual(await run())
    })

    it('steps may overlap, and come back in order', async () => {
      const spec = small({ optimizer: adamw })
      const [serial, overlapping] = [await engineFor(spec), await engineFor(spec)]
      const expected = []
      for (let step = 1; step <= 12; step++) expected.push(await serial.step(batch(BATCH, step, 0, step)))
      const finished: number[] = []
      const actual = await Promise.all(
        Array.from({ length: 12 }, (_, i) =>
          overlapping.step(batch(BATCH, i + 1, 0, i + 1)).then((stats) => {
            finished.push(i)
            return stats
          }),
        ),
      )
      expect(actual).toEqual(expected)
      expect(finished).toEqual([...finished].sort((a, b) => a - b))
      expect(await overlapping.readParameters()).toEqual(await serial.readParameters())
      serial.dispose()
      overlapping.dispose()
    })

    it('a resize keeps parameters and optimizer state', async () => {
      const spec = small({ optimizer: adamw })
      const [engine, fixed] = [await engineFor(spec, 6), await engineFor(spec, BATCH)]
      for (const each of [engine, fixed]) await each.step(batch(6))
      await engine.resize(BATCH)
      expect(engine.memoryBytes).toBe(estimateMemory(spec, BATCH).gpuBytes)
      for (const each of [engine, fixed]) await each.step(batch(BATCH, 2))
      expect(await engine.readParameters()).toEqual(await fixed.readParameters())
      engine.dispose()
      fixed.dispose()
    })

    it('a resize in the middle of overlapping steps waits for them, and later ones use the new size', async () => {
      const spec = small({ optimizer: adamw })
      const [engine, serial] = [await engineFor(spec, 6), await engineFor(spec, BATCH)]
      const sizes = [6, 6, 6, 6, 6, 6, BATCH, BATCH]
      const steps = sizes.slice(0, 6).map((size, i) => engine.step(batch(size, i + 1)))
      const resized = engine.resize(BATCH)
      const tooEarly = rejection(engine.step(batch(BATCH, 7)))
      await resized
      expect((await tooEarly).message, 'the size at the time of the call counts').toMatch(/count must be from 0 to 6/)
      steps.push(...sizes.slice(6).map((size, i) => engine.step(batch(size, i + 7))))
      const parameters = engine.readParameters()
      const expected = []
      for (const [i, size] of sizes.entries()) expected.push(await serial.step(batch(size, i + 1)))
      expect(await Promise.all(steps)).toEqual(expected)
      expect(await parameters, 'a read comes after the steps asked for before it').toEqual(await serial.readParameters())
      engine.dispose()
      serial.dispose()
    })

    it('parameters and state written are the ones read', async () => {
      const spec = small({ optimizer: adamw })
      const engine = await engineFor(spec)
      const state = { exp_avg: testRandom(1).floats(engine.layout.length), exp_avg_sq: testRandom(2).floats(engine.layout.length) }
      engine.writeOptimizerState(state)
      expect(await engine.readOptimizerState()).toEqual(state)
      expect(() => engine.writeParameters(new Float32Array(3))).toThrow(/takes a vector of \d+ elements, got 3/)
      expect(() => engine.writeOptimizerState({ exp_avg: state.exp_avg })).toThrow(/exp_avg_sq is missing/)
      engine.dispose()
    })

    it.each([
      ['a perceptron', small(), 1],
      ['a perceptron', small({ optimizer: adamw, clipNorm: 1 }), 33],
      [
        'a deep one',
        trainingSpec(
          [3, 4],
          [{ type: 'flatten' }, ...Array.from({ length: 5 }, () => [{ type: 'linear', units: 20 }, { type: 'gelu' }]).flat(), { type: 'linear', units: 2 }],
        ),
        17,
      ],
      [
        'an image network',
        trainingSpec(
          [1, 8, 8],
          [
            { type: 'conv2d', channels: 4, kernel: 3 },
            { type: 'batchnorm2d' },
            { type: 'residual', layers: [{ type: 'conv2d', channels: 4, kernel: 3, padding: 1 }, { type: 'relu' }] },
            { type: 'maxpool2d', kernel: 2 },
            { type: 'flatten' },
            { type: 'linear', units: CLASSES },
          ],
        ),
        9,
      ],
    ] as const)('allocates exactly what estimateMemory says: %s', async (_, spec, size) => {
      const before = device.usedBytes
      const engine = await createEngine(device, spec, size)
      const estimate = estimateMemory(spec, size)
      expect(device.usedBytes - before).toBe(estimate.gpuBytes)
      expect(engine.memoryBytes).toBe(estimate.gpuBytes)
      expect(Object.values(estimate.breakdown).reduce((sum, bytes) => sum + bytes, 0)).toBe(estimate.gpuBytes)
      engine.dispose()
      expect(device.usedBytes).toBe(before)
    })

    it('200 steps add no buffer, and none is left after dispose', async () => {
      const engine = await engineFor(small({ optimizer: adamw }))
      const { liveBuffers, usedBytes } = device
      for (let step = 1; step <= 200; step++) await engine.step(batch(BATCH, step))
      expect([device.liveBuffers, device.usedBytes]).toEqual([liveBuffers, usedBytes])
      engine.dispose()
      engine.dispose()
      expect([device.liveBuffers, device.usedBytes]).toEqual([0, 0])
    })

    it('a diverging run ends in NON_FINITE with its step', async () => {
      const engine = await engineFor(small({ optimizer: { type: 'sgd', lr: 1e30, momentum: 0, nesterov: false, weightDecay: 0 } }))
      let error: KernelError | null = null
      for (let step = 1; step <= 5 && error === null; step++) {
        await engine.step(batch(BATCH, step)).catch((cause: KernelError) => {
          error = cause
        })
      }
      expect(error).toMatchObject({ code: 'NON_FINITE' })
      expect(String(error)).toMatch(/step \d: the (loss|gradient) is not a finite number/)
      engine.dispose()
    })

    it('a gradient that is not finite is seen even where the loss is', async () => {
      // relu(NaN) is 0: the loss stays finite while the first layer's gradient would be NaN through its input.
      const engine = await engineFor(small())
      const given = batch(BATCH)
      given.x[3] = Number.POSITIVE_INFINITY
      const outcome = await rejection(engine.gradient(given))
      expect(outcome.code).toBe('NON_FINITE')
      const stepped = await rejection(engine.step(given))
      expect(stepped.code).toBe('NON_FINITE')
      engine.dispose()
    })

    it('bad batches are refused by name before they reach the GPU', async () => {
      const engine = await engineFor(small())
      const given = batch(4)
      const cases: [Partial<Batch>, RegExp][] = [
        [{ count: BATCH + 1 }, /count must be from 0 to 12, got 13/],
        [{ count: 5 }, /x must hold 5 samples of \[13\] \(65 values\), got 52/],
        [{ y: Int32Array.from([0, 1, CLASSES, 0]), sampleOffset: 40 }, /label 5 of sample 42 is not in 0 to 4/],
        [{ y: Int32Array.from([0, -1, 0, 0]) }, /label -1 of sample 1/],
        [{ y: new Float32Array(4) }, /takes i32 targets, got f32/],
        [{ step: 0 }, /step counts from 1, got 0/],
      ]
      for (const [change, message] of cases) {
        const error = await rejection(engine.gradient({ ...given, ...change }))
        expect(error.code).toBe('BAD_DATA')
        expect(error.message).toMatch(message)
      }
      expect(await engine.gradient({ ...given, count: 0 })).toMatchObject({ lossSum: 0, weight: 0, correct: 0 })
      engine.dispose()
    })

    it('a model that does not fit the memory limit is refused with the numbers, and leaves nothing behind', async () => {
      const spec = small()
      const needed = estimateMemory(spec, BATCH).gpuBytes
      const limited = await provider({ memoryLimitBytes: needed - 1 })
      const error = await rejection(createEngine(limited, spec, BATCH))
      expect(error).toMatchObject({ code: 'OUT_OF_MEMORY', detail: { neededBytes: needed, limitBytes: needed - 1, usedBytes: 0 } })
      expect(limited.liveBuffers).toBe(0)
      limited.ledger.limitBytes = needed
      const engine = await createEngine(limited, spec, BATCH)
      const grown = await rejection(engine.resize(BATCH * 100))
      expect(grown.code).toBe('OUT_OF_MEMORY')
      engine.writeParameters(initialParameters(spec))
      expect((await engine.step(batch(BATCH))).weight, 'the engine works on with its old batch').toBe(BATCH)
      limited.dispose()
    })

    it('a tensor that no binding holds, or a buffer that cannot be made, is refused before anything is allocated', async () => {
      const limited = await provider()
      for (const [limits, message] of [
        [{ maxBindingBytes: 512 }, /^layer 0 \(linear\) needs a binding of \d+ bytes \(\w[\w.]*\), this device's maxStorageBufferBindingSize is 512$/],
        [{ maxBufferBytes: 512 }, /^the plan needs a buffer of \d+ bytes \(parameters\), this device's maxBufferSize is 512$/],
      ] as const) {
        Object.defineProperty(limited, 'caps', { value: { ...device.caps, ...limits }, configurable: true })
        const allocate = vi.spyOn(limited, 'allocate')
        const error = await rejection(createEngine(limited, small(), BATCH))
        expect(error.code).toBe('OUT_OF_MEMORY')
        expect(error.message).toMatch(message)
        expect(allocate).not.toHaveBeenCalled()
      }
      limited.dispose()
    })

    it('pending work rejects with DEVICE_LOST when the device is destroyed, and a new device takes over', async () => {
      const doomed = await provider()
      const engine = await createEngine(doomed, small(), BATCH)
      engine.writeParameters(initialParameters(small()))
      const pending = [engine.step(batch(BATCH)), engine.step(batch(BATCH, 2)), engine.gradient(batch(BATCH, 3)), engine.readParameters()]
      const outcomes = Promise.all(pending.map(rejection))
      doomed.raw.destroy()
      for (const error of await outcomes) expect(error.code).toBe('DEVICE_LOST')
      expect((await doomed.lost).code).toBe('DEVICE_LOST')
      expect((await rejection(engine.step(batch(BATCH, 4)))).code).toBe('DEVICE_LOST')
      doomed.dispose()
      expect(doomed.liveBuffers).toBe(0)
      const next = await provider()
      const again = await createEngine(next, small(), BATCH)
      again.writeParameters(initialParameters(small()))
      expect((await again.step(batch(BATCH))).weight).toBe(BATCH)
      next.dispose()
    })

    it('work that a dispose interrupts rejects, and asking again says why', async () => {
      const engine = await engineFor(small())
      const pending = rejection(engine.step(batch(BATCH)))
      engine.dispose()
      expect((await pending).message).toMatch(/disposed/)
      expect((await rejection(engine.evaluate(batch(BATCH)))).message).toMatch(/disposed/)
    })
  })
}
