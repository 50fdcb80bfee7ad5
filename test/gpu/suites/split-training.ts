/** Models whose tensors are larger than a binding train as they do where everything is one binding, in as many bytes. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdamSpec, checkModel, createEngine, estimateMemory, initialParameters, type KernelDevice, type TrainingSpec } from '../../../kernels/index.ts'
import { testRandom } from '../../random.ts'
import { trainingSpec } from '../../specs.ts'
import type { DeviceProvider } from './provider.ts'

const STEPS = 3
const adamw: AdamSpec = { type: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }

interface Case {
  readonly name: string
  readonly spec: TrainingSpec
  readonly batch: number
  readonly maxBindingBytes: number
  /** Sums go on where another piece left off: the same bits. Not so the global norm, which adds up segment by segment. */
  readonly sameBits: boolean
}

const linear = (units: number) => ({ type: 'linear', units })
const gpt2 = { kind: 'gpt2', vocabSize: 320, nPositions: 8, nEmbd: 68, nLayer: 1, nHead: 2, dropout: 0.1 } as const

const CASES: readonly Case[] = [
  {
    name: 'a multilayer perceptron',
    spec: trainingSpec([24], [linear(72), { type: 'relu' }, { type: 'dropout', p: 0.2 }, linear(16)], { optimizer: adamw, clipNorm: 0.5 }),
    batch: 30,
    maxBindingBytes: 6400,
    sameBits: false,
  },
  {
    name: 'an image network with batch norm',
    spec: trainingSpec(
      [2, 4, 4],
      [{ type: 'conv2d', channels: 4, kernel: 3, padding: 1, bias: false }, { type: 'batchnorm2d' }, { type: 'relu' }, { type: 'flatten' }, linear(16)],
      { optimizer: adamw },
    ),
    batch: 64,
    maxBindingBytes: 12_288,
    sameBits: true,
  },
  {
    name: 'a small GPT',
    spec: { ...trainingSpec([1], []), model: gpt2, optimizer: adamw },
    batch: 9,
    maxBindingBytes: 64 * gpt2.vocabSize * 4,
    sameBits: true,
  },
  {
    name: 'an LSTM',
    spec: trainingSpec([3, 3], [{ type: 'lstm', hiddenSize: 8, output: 'last' }, linear(16)], { optimizer: adamw }),
    batch: 50,
    maxBindingBytes: 8192,
    sameBits: true,
  },
]

export function splitTrainingSuite(provider: DeviceProvider): void {
  describe('training with small bindings', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    it.each(CASES.map((one) => [one.name, one] as const))('%s', async (_, { spec, batch, maxBindingBytes, sameBits }) => {
      const { caps } = device
      const whole = await train(spec, batch)
      Object.defineProperty(device, 'caps', { value: { ...caps, maxBindingBytes }, configurable: true })
      const cut = await train(spec, batch).finally(() => Object.defineProperty(device, 'caps', { value: caps, configurable: true }))
      expect(cut.memoryBytes).toBe(whole.memoryBytes)
      expect(cut.dispatches).toBeGreaterThan(whole.dispatches)
      if (sameBits) expect([cut.losses, cut.parameters]).toEqual([whole.losses, whole.parameters])
      cut.losses.forEach((loss, step) => {
        expect(Math.abs(loss / (whole.losses[step] ?? 0) - 1)).toBeLessThan(1e-6)
      })
    })

    async function train(spec: TrainingSpec, batch: number) {
      const { inputType, input, target, vocabulary } = checkModel(spec.model, spec.loss)
      const elements = (shape: readonly number[]) => batch * shape.reduce((product, size) => product * size, 1)
      const random = testRandom(5)
      const integers = (length: number, high: number) => Int32Array.from({ length }, () => random.integer(0, high))
      const x = inputType === 'i32' ? integers(elements(input), vocabulary ?? 0) : random.floats(elements(input))
      const y = integers(elements(target?.shape ?? []), target?.classes ?? 0)
      const engine = await createEngine(device, spec, batch)
      expect(engine.memoryBytes).toBe(estimateMemory(spec, batch).gpuBytes)
      engine.writeParameters(initialParameters(spec))
      const losses: number[] = []
      for (let step = 1; step <= STEPS; step++) {
        const { lossSum, weight } = await engine.step({ x, y, count: batch, step, sampleOffset: 0 })
        losses.push(lossSum / weight)
      }
      const result = { losses, parameters: await engine.readParameters(), memoryBytes: engine.memoryBytes, dispatches: engine.chosenVariants.length }
      engine.dispose()
      return result
    }
  })
}
