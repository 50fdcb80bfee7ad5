import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createPredictor, initialParameters, type KernelDevice, type LayerSpec, referencePrediction, type SequentialSpec } from '../../../kernels/index.ts'
import { testRandom } from '../../random.ts'
import { mlp } from '../../specs.ts'
import type { DeviceProvider } from './provider.ts'
import { relativeError } from './run-variant.ts'

const sequential = (input: readonly number[], layers: readonly LayerSpec[]): SequentialSpec => ({ kind: 'sequential', input, layers })
const small = sequential([13], mlp(10, 5))

export function predictorSuite(provider: DeviceProvider): void {
  describe('the predictor', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    const models: [string, SequentialSpec][] = [
      ['a multilayer perceptron on images', sequential([784], mlp(64, 10))],
      ['one layer', sequential([13], [{ type: 'linear', units: 5 }])],
      ['an activation at the end', sequential([13], [{ type: 'linear', units: 5 }, { type: 'sigmoid' }])],
      ['flatten in front and at the end', sequential([1, 4, 4], [{ type: 'flatten' }, { type: 'linear', units: 6 }, { type: 'gelu' }, { type: 'flatten' }])],
      [
        'dropout, which does nothing here',
        sequential(
          [13],
          [
            { type: 'linear', units: 16 },
            { type: 'dropout', p: 0.9 },
            { type: 'linear', units: 3 },
          ],
        ),
      ],
    ]
    it.each(models)('answers as the float64 reference does: %s', async (_, model) => {
      const predictor = await createPredictor(device, model, 3)
      const parameters = initialParameters({ model, seed: 7 })
      predictor.writeParameters(parameters)
      const x = testRandom(5).floats(3 * model.input.reduce((product, size) => product * size, 1))
      const expected = referencePrediction(model, parameters, x, 3)
      expect(relativeError(await predictor.predict(x, 3), expected)).toBeLessThan(1e-5)
      predictor.dispose()
    })

    it('serves calls of different sizes one after the other', async () => {
      const predictor = await createPredictor(device, small, 4)
      const parameters = initialParameters({ model: small, seed: 1 })
      predictor.writeParameters(parameters)
      const inputs = [4, 1, 2].map((count, seed) => ({ count, x: testRandom(seed + 1).floats(count * 13) }))
      const answers = await Promise.all(inputs.map(({ x, count }) => predictor.predict(x, count)))
      for (const [i, { x, count }] of inputs.entries()) {
        expect(relativeError(answers[i] ?? [], referencePrediction(small, parameters, x, count)), `call ${i}`).toBeLessThan(1e-5)
      }
      predictor.dispose()
    })

    it('holds the bytes it says, and none after dispose', async () => {
      const before = device.usedBytes
      const predictor = await createPredictor(device, small, 2)
      expect(device.usedBytes - before).toBe(predictor.memoryBytes)
      predictor.dispose()
      predictor.dispose()
      expect(device.usedBytes).toBe(before)
      await expect(predictor.predict(new Float32Array(13))).rejects.toMatchObject({ code: 'DEVICE_LOST' })
    })

    it('refuses inputs and weights that do not fit, with the numbers', async () => {
      const predictor = await createPredictor(device, small, 2)
      await expect(predictor.predict(new Float32Array(12))).rejects.toThrow('1 samples of [13] are 13 numbers, got 12')
      await expect(predictor.predict(new Float32Array(39), 3)).rejects.toThrow('count must be from 1 to 2, got 3')
      await expect(predictor.predict(new Float32Array(13).fill(Number.NaN))).rejects.toThrow('number 0 of the input is NaN')
      expect(() => predictor.writeParameters(new Float32Array(3))).toThrow('parameters are a vector of')
      predictor.dispose()
    })

    it('says so instead of handing out an answer that is not finite', async () => {
      const predictor = await createPredictor(device, small)
      predictor.writeParameters(initialParameters({ model: small, seed: 1 }).fill(3e38))
      await expect(predictor.predict(new Float32Array(13).fill(1))).rejects.toMatchObject({ code: 'NON_FINITE' })
      predictor.dispose()
    })
  })
}
