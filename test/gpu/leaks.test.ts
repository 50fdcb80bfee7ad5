/**
 * A thousand steps take nothing that the first did not: no GPU buffer, bind group, pipeline or shader, and the process
 * holds no more memory in array buffers. After dispose nothing is left.
 */
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { checkModel, createEngine, type KernelDevice, type TrainingSpec } from '../../kernels/index.ts'
import { testRandom } from '../random.ts'
import { mlp, trainingSpec } from '../specs.ts'
import { dawnDevice } from './dawn.ts'

const STEPS = 1_000
const BATCH = 4
/** As many in flight as the engine's ring of readbacks takes. */
const AT_ONCE = 4
const CLASSES = 5
/** What a thousand steps may leave in array buffers that the collector has not taken yet; a step's own results are some 100 bytes. */
const SLACK_BYTES = 4 * 1024 * 1024

const adamw = { type: 'adamw', lr: 0.001, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 } as const
const models: [string, TrainingSpec][] = [
  ['mlp', trainingSpec([13], mlp(10, CLASSES), { optimizer: adamw, clipNorm: 1 })],
  [
    'cnn',
    trainingSpec(
      [1, 8, 8],
      [
        { type: 'conv2d', channels: 4, kernel: 3, padding: 1 },
        { type: 'batchnorm2d' },
        { type: 'relu' },
        { type: 'maxpool2d', kernel: 2 },
        { type: 'dropout', p: 0.1 },
        { type: 'flatten' },
        { type: 'linear', units: CLASSES },
      ],
      { optimizer: { type: 'sgd', lr: 0.01, momentum: 0.9, nesterov: true, weightDecay: 0 } },
    ),
  ],
  [
    'lstm',
    trainingSpec(
      [6],
      [
        { type: 'embedding', numEmbeddings: CLASSES, embeddingDim: 4 },
        { type: 'lstm', hiddenSize: 6 },
        { type: 'linear', units: CLASSES },
      ],
      { optimizer: adamw },
    ),
  ],
  [
    'gpt2',
    { ...trainingSpec([1], []), model: { kind: 'gpt2', vocabSize: CLASSES, nPositions: 6, nEmbd: 8, nLayer: 1, nHead: 2, dropout: 0.1 }, optimizer: adamw },
  ],
]

describe('a thousand steps', () => {
  let device: KernelDevice
  beforeAll(async () => {
    device = await dawnDevice()
  })
  afterAll(() => device.dispose())

  it.each(models)('add nothing, and dispose leaves nothing: %s', async (_, spec) => {
    const { input, inputType, target } = checkModel(spec.model, spec.loss)
    const size = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1)
    const random = testRandom(1)
    const ids = (length: number) => Int32Array.from({ length }, () => random.integer(0, CLASSES))
    const x = inputType === 'i32' ? ids(BATCH * size(input)) : random.floats(BATCH * size(input))
    const y = ids(BATCH * size(target?.shape ?? [1]))
    const batch = (step: number) => ({ x, y, count: BATCH, step, sampleOffset: 0 })

    const engine = await createEngine(device, spec, BATCH)
    await engine.step(batch(1))
    await engine.gradient(batch(2))
    await engine.evaluate(batch(2))
    await engine.readParameters()
    const made = (
      ['createBuffer', 'createBindGroup', 'createComputePipeline', 'createComputePipelineAsync', 'createShaderModule', 'createQuerySet'] as const
    ).map((name) => vi.spyOn(device.raw, name))
    const { liveBuffers, usedBytes } = device
    const { arrayBuffers } = process.memoryUsage()

    for (let step = 1; step <= STEPS; step += AT_ONCE) {
      const flight = Array.from({ length: AT_ONCE }, (_, i) => engine.step(batch(step + i)))
      for (const { weight } of await Promise.all(flight)) expect(weight).toBeGreaterThan(0)
      if (step % 100 === 1) {
        await Promise.all([engine.gradient(batch(step)), engine.evaluate(batch(step)), engine.readParameters(), engine.readOptimizerState()])
      }
    }
    expect(made.flatMap((spy) => (spy.mock.calls.length === 0 ? [] : [spy.getMockName()]))).toEqual([])
    expect([device.liveBuffers, device.usedBytes]).toEqual([liveBuffers, usedBytes])
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(SLACK_BYTES)

    engine.dispose()
    expect([device.liveBuffers, device.usedBytes]).toEqual([0, 0])
  })
})
