/**
 * Random models, forward and backward, fused and planned as jobs are, against the float64 reference. CYXWIZ_MODELS says how
 * many, CYXWIZ_MODEL_SEED from which seed: a failure is looked at again with the seed in its title and CYXWIZ_MODELS=1.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { checkModel, createEngine, initialParameters, type KernelDevice, referenceGradient } from '../../kernels/index.ts'
import { testRandom } from '../random.ts'
import { randomModel } from '../random-models.ts'
import { trainingSpec } from '../specs.ts'
import { dawnDevice } from './dawn.ts'
import { relativeError } from './suites/run-variant.ts'

const COUNT = Number(process.env.CYXWIZ_MODELS ?? 12)
const FIRST_SEED = Number(process.env.CYXWIZ_MODEL_SEED ?? 1)
/** DESIGN section 9: f32 gradients against float64. */
const TOLERANCE = 1e-4

const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

describe('random models have the loss and gradient of the float64 reference', () => {
  let device: KernelDevice
  beforeAll(async () => {
    device = await dawnDevice()
  })
  afterAll(() => device.dispose())

  it.each(
    Array.from({ length: COUNT }, (_, i) => {
      const drawn = randomModel(FIRST_SEED + i)
      return [FIRST_SEED + i, drawn.words, drawn] as const
    }),
  )('seed %i: %s', async (seed, _, { model, loss, batch }) => {
    const spec = trainingSpec(model.input, model.layers, { loss, seed })
    const { inputType, vocabulary, target, output } = checkModel(model, loss)
    const random = testRandom(seed)
    const ids = (length: number, below: number) => Int32Array.from({ length }, () => random.integer(0, below))
    const inputs = batch * elements(model.input)
    const x = inputType === 'i32' ? ids(inputs, vocabulary ?? 1) : random.floats(inputs)
    const classes = target?.classes ?? null
    const y =
      classes === null ? Float32Array.from({ length: batch * elements(output) }, () => random.unit()) : ids(batch * elements(target?.shape ?? []), classes)
    // Fewer rows than the engine is made for, half the time.
    const count = Math.max(1, batch - (seed % 2))
    const given = { x: x.slice(0, (x.length / batch) * count), y: y.slice(0, (y.length / batch) * count), count, step: 3, sampleOffset: 5 }

    const engine = await createEngine(device, spec, batch)
    const parameters = initialParameters(spec)
    engine.writeParameters(parameters)
    const expected = referenceGradient(spec, parameters, given)
    const actual = await engine.gradient(given)
    expect(actual.weight).toBe(expected.weight)
    expect(Math.abs(actual.lossSum - expected.lossSum) / Math.max(Math.abs(expected.lossSum), 1e-3)).toBeLessThan(TOLERANCE)
    expect(relativeError(actual.gradient, expected.gradient)).toBeLessThan(TOLERANCE)
    expect(await engine.gradient(given), 'the same bits twice').toEqual(actual)
    engine.dispose()
  })
})
