/** Training in mixed precision: f16 operands, f32 sums and master weights. Skipped where the device has no f16. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AdamSpec,
  checkModel,
  createEngine,
  estimateMemory,
  initialParameters,
  type KernelDevice,
  KernelError,
  referenceGradient,
  type TrainingSpec,
} from '../../../kernels/index.ts'
import { testRandom } from '../../random.ts'
import { mlp, trainingSpec } from '../../specs.ts'
import type { DeviceProvider } from './provider.ts'
import { relativeError } from './run-variant.ts'

const adamw: AdamSpec = { type: 'adamw', lr: 0.003, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }
const CLASSES = 5
const BATCH = 8
const STEPS = 20
/**
 * An operand is off by at most 2^-11 = 4.9e-4 of itself, half of that on average and to either side, so that sums of many
 * are off by less; a loss after a few layers, and 20 updates that each took over the difference, by a few roundings.
 */
const LOSS_TOLERANCE = 3e-3
/**
 * Against float64 that rounds where the plan does. What is left are f32 sums in another order, and halves that these tip
 * over: each is off by 2^-10, few are.
 */
const GRADIENT_TOLERANCE = 5e-4

const models: [string, TrainingSpec][] = [
  ['a perceptron', trainingSpec([13], mlp(24, CLASSES), { optimizer: adamw })],
  [
    'an image network',
    trainingSpec(
      [1, 8, 8],
      [
        { type: 'conv2d', channels: 4, kernel: 3, padding: 1 },
        { type: 'relu' },
        { type: 'maxpool2d', kernel: 2 },
        { type: 'conv2d', channels: 6, kernel: 3, groups: 2 },
        { type: 'relu' },
        { type: 'flatten' },
        { type: 'linear', units: CLASSES },
      ],
      { optimizer: adamw, clipNorm: 1 },
    ),
  ],
  [
    'a small GPT',
    { ...trainingSpec([1], []), model: { kind: 'gpt2', vocabSize: 16, nPositions: 8, nEmbd: 8, nLayer: 1, nHead: 2, dropout: 0 }, optimizer: adamw },
  ],
]

const mixed = (spec: TrainingSpec): TrainingSpec => ({ ...spec, precision: 'mixed' })

function batchOf({ model }: TrainingSpec, step: number) {
  const random = testRandom(step % 4)
  const { input, inputType } = checkModel(model)
  const length = BATCH * input.reduce((product, size) => product * size, 1)
  const ids = (count: number, high: number) => Int32Array.from({ length: count }, () => random.integer(0, high))
  const tokens = inputType === 'i32'
  return {
    x: tokens ? ids(length, 16) : random.floats(length),
    y: tokens ? ids(length, 16) : ids(BATCH, CLASSES),
    count: BATCH,
    step,
    sampleOffset: 0,
  }
}

export function mixedSuite(provider: DeviceProvider): void {
  describe('mixed precision', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    const train = async (spec: TrainingSpec) => {
      const before = device.usedBytes
      const engine = await createEngine(device, spec, BATCH)
      const { gpuBytes } = estimateMemory(spec, BATCH)
      expect([engine.memoryBytes, device.usedBytes - before], 'predicted and allocated').toEqual([gpuBytes, gpuBytes])
      engine.writeParameters(initialParameters(spec))
      // Small enough that no step is left out, which would shift all losses behind it.
      if (spec.precision === 'mixed') engine.writeGuard({ ...engine.guard, scale: 256 })
      const losses: number[] = []
      for (let step = 1; step <= STEPS; step++) {
        const { lossSum, weight } = await engine.step(batchOf(spec, step))
        losses.push(lossSum / weight)
      }
      const result = { losses, parameters: await engine.readParameters(), variants: engine.chosenVariants }
      engine.dispose()
      return result
    }

    it.for(models)('%s follows the losses of f32, with the same bits twice and the bytes that were predicted', async ([, spec], { skip }) => {
      if (!device.caps.f16) return skip()
      const [full, half, again] = [await train(spec), await train(mixed(spec)), await train(mixed(spec))]
      expect(again).toEqual(half)
      expect(half.variants.some((line) => line.startsWith('cast'))).toBe(true)
      expect(half.losses, 'halves were rounded').not.toEqual(full.losses)
      const differences = half.losses.map((loss, i) => Math.abs(loss - (full.losses[i] ?? Number.NaN)) / (full.losses[i] ?? Number.NaN))
      expect(Math.max(...differences)).toBeLessThan(LOSS_TOLERANCE)
      expect(half.losses.at(-1)).toBeLessThan(0.995 * (half.losses[0] ?? 0))
    })

    it.for(models)('%s has the gradient of a float64 run that rounds where the plan does', async ([, spec], { skip }) => {
      if (!device.caps.f16) return skip()
      const engine = await createEngine(device, mixed(spec), BATCH)
      engine.writeParameters(initialParameters(spec))
      engine.writeGuard({ ...engine.guard, scale: 1 })
      const given = { ...batchOf(spec, 1), count: BATCH - 1 }
      const { gradient, lossSum } = await engine.gradient(given)
      const expected = referenceGradient(mixed(spec), initialParameters(spec), given)
      expect(Math.abs(lossSum / expected.lossSum - 1)).toBeLessThan(GRADIENT_TOLERANCE)
      expect(relativeError(gradient, expected.gradient)).toBeLessThan(GRADIENT_TOLERANCE)
      engine.dispose()
    })

    it('is refused, with the feature that is missing, on a device without f16', async () => {
      const [, spec] = models[0] as (typeof models)[number]
      const caps = { ...device.caps, f16: false }
      const without = new Proxy(device, { get: (target, key) => (key === 'caps' ? caps : Reflect.get(target, key, target)) })
      const error = (await createEngine(without, mixed(spec), BATCH).catch((cause: unknown) => cause)) as KernelError
      expect(error).toBeInstanceOf(KernelError)
      expect(error).toMatchObject({ code: 'UNSUPPORTED', detail: { feature: 'shader-f16' } })
      expect(error.message).toMatch(/"mixed" needs a device with shader-f16, ".+" has none/)
    })
  })
}
