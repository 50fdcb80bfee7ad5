/** The references against an independent library: loss and gradients of whole models, tfjs-core on its CPU backend. */
import { beforeAll, describe, expect, it } from 'vitest'
import { initialParameters, layoutOf, referenceGradient } from '../../../kernels/index.ts'
import { loadTfjs, type Tfjs } from '../../../node/bench/kernels/tfjs.ts'
import { TFJS_MODELS, tfjsBatch, tfjsGradients } from '../../tfjs-models.ts'

const norm = (values: ArrayLike<number>): number => Math.sqrt(Array.from(values).reduce((sum, value) => sum + value * value, 0))

describe('the references against tfjs', () => {
  let tf: Tfjs
  beforeAll(async () => {
    tf = await loadTfjs()
    await tf.setBackend('cpu')
  })

  it.each(TFJS_MODELS.map((model) => [model.title, model] as const))('agree on loss and gradients: %s', async (_, model) => {
    const { loss, gradients } = await tfjsGradients(tf, model)
    const ours = referenceGradient(model.spec, initialParameters(model.spec), tfjsBatch(model))
    expect(Math.abs(ours.lossSum - loss) / Math.abs(loss)).toBeLessThan(1e-5)
    const whole = norm(ours.gradient)
    expect(whole).toBeGreaterThan(0)
    for (const { name, offset, size, buffer } of layoutOf(model.spec).entries) {
      if (buffer !== undefined) continue
      const expected = gradients.get(name) ?? []
      expect(expected.length, name).toBe(size)
      const difference = Array.from({ length: size }, (_, i) => (ours.gradient[offset + i] as number) - (expected[i] as number))
      // tfjs computes in f32; a gradient that is zero but for rounding is compared with the whole.
      expect(norm(difference) / Math.max(norm(expected), whole * 1e-3), name).toBeLessThan(1e-4)
    }
  })
})
