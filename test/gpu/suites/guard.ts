import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type AdamSpec, type Batch, createEngine, type GpuEngine, initialParameters, type KernelDevice, type TrainingSpec } from '../../../kernels/index.ts'
import { GROWTH_STEPS, type GuardRule, initialGuard, judgeStep, LARGEST_SCALE } from '../../../kernels/optim/guard.ts'
import { testRandom } from '../../random.ts'
import { mlp, trainingSpec } from '../../specs.ts'
import type { DeviceProvider } from './provider.ts'
import { rejection } from './rejection.ts'

const adamw: AdamSpec = { type: 'adamw', lr: 0.01, betas: [0.9, 0.999], eps: 1e-8, weightDecay: 0.01 }
const INPUT = 7
const CLASSES = 3
const BATCH = 6
const small = (overrides: Partial<TrainingSpec> = {}) => trainingSpec([INPUT], mlp(5, CLASSES), { optimizer: adamw, ...overrides })

function batchOf(step: number, seed = step) {
  const random = testRandom(seed)
  return { x: random.floats(BATCH * INPUT), y: Int32Array.from({ length: BATCH }, () => random.integer(0, CLASSES)), count: BATCH, step, sampleOffset: 0 }
}

/** Its third sample is no number. */
function badBatch(step: number): Batch {
  const { x, ...batch } = batchOf(step)
  return { ...batch, x: Float32Array.from(x).fill(Number.NaN, 2 * INPUT, 2 * INPUT + 1) }
}

/** The values of a parameter, to be changed in place. */
type Part = (name: string) => Float32Array

/** Parameters, then optimizer state. */
async function everythingOf(engine: GpuEngine): Promise<Float32Array[]> {
  return [await engine.readParameters(), ...Object.values(await engine.readOptimizerState())]
}

export function guardSuite(provider: DeviceProvider): void {
  describe('steps that are not finite', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    const engineFor = async (spec: TrainingSpec, size = BATCH, rule?: GuardRule) => {
      const engine = await createEngine(device, spec, size, rule)
      engine.writeParameters(initialParameters(spec))
      return engine
    }

    it.each([
      ['an input', 'the input of sample 2 of the batch', () => {}, (x: Float32Array) => x.fill(Number.NaN, 2 * INPUT, 2 * INPUT + 1)],
      ['a parameter', 'the parameter 2.bias, before the step', (part: Part) => part('2.bias').fill(Number.NaN), () => {}],
      ['a layer', 'layer 2 (linear)', (part: Part) => part('2.weight').fill(3e38), () => {}],
    ] as const)('a step that is not finite names where that began, and changes nothing: %s', async (_, origin, spoil, spoilInput) => {
      const spec = trainingSpec([INPUT], [{ type: 'linear', units: 6 }, { type: 'sigmoid' }, { type: 'linear', units: CLASSES }], { optimizer: adamw })
      const engine = await engineFor(spec)
      const parameters = initialParameters(spec)
      const part: Part = (name) => {
        const { offset, size } = engine.layout.entries.find((entry) => entry.name === name) ?? { offset: 0, size: 0 }
        return parameters.subarray(offset, offset + size)
      }
      spoil(part)
      engine.writeParameters(parameters)
      const given = batchOf(7)
      spoilInput(given.x)
      const [first, second] = await Promise.all([rejection(engine.step(given)), rejection(engine.step(batchOf(8)))])
      expect(first).toMatchObject({ code: 'NON_FINITE', detail: { step: 7, origin } })
      expect(first.message).toMatch(/^step 7: the (loss|gradient) is not a finite number, first in /)
      expect(second.code, 'nothing is built on it').toBe('NON_FINITE')
      expect(await engine.readParameters()).toEqual(parameters)
      expect(await rejection(engine.gradient(given))).toMatchObject({ detail: { origin } })
      engine.writeParameters(initialParameters(spec))
      expect((await engine.step(batchOf(9))).weight, 'other weights, another start').toBe(BATCH)
      engine.dispose()
    })

    it('a gradient that overflows is told from its loss, with the layer whose gradient it is', async () => {
      const spec = trainingSpec(
        [1],
        [
          { type: 'linear', units: 1, bias: false },
          { type: 'linear', units: 1, bias: false },
        ],
        { loss: { type: 'l1' } },
      )
      const engine = await engineFor(spec, 1)
      const parameters = new Float32Array(engine.layout.length)
      parameters[engine.layout.entries[0]?.offset ?? 0] = 1e-36
      parameters[engine.layout.entries[1]?.offset ?? 0] = 1e30
      engine.writeParameters(parameters)
      const error = await rejection(engine.step({ x: new Float32Array([1e9]), y: new Float32Array(1), count: 1, step: 1, sampleOffset: 0 }))
      expect(error.message).toMatch(/^step 1: the gradient is not a finite number, first in the gradient of layer 0 \(linear\)/)
      engine.dispose()
    })

    it('are left out where the job says so: all else is as if they had not been, the count of Adam’s updates too', async () => {
      const spec = small({ nonFinite: 'skip' })
      const engine = await engineFor(spec)
      // All asked for at once: what follows is on its way before the bad one has come back.
      const results = await Promise.all([1, 2, 3, 4, 5, 6].map((step) => engine.step(step === 3 || step === 4 ? badBatch(step) : batchOf(step))))
      expect(results.map(({ taken }) => taken)).toEqual([true, true, false, false, true, true])
      expect(results.map(({ guard }) => guard.skippedSteps)).toEqual([0, 0, 1, 2, 2, 2])
      const without = await engineFor(spec)
      for (const [i, step] of [1, 2, 5, 6].entries()) await without.step({ ...batchOf(step), step: i + 1 })
      expect(await everythingOf(engine)).toEqual(await everythingOf(without))
      engine.dispose()
      without.dispose()
    })

    it('end a run that leaves them out when there are too many in a row, wherever the last one was noticed', async () => {
      const engine = await engineFor(small(), BATCH, { limit: 3, scales: false })
      const before = await engine.readParameters()
      for (const step of [1, 2]) expect((await engine.step(badBatch(step))).taken).toBe(false)
      expect((await engine.gradient(batchOf(3))).gradient.every(Number.isFinite)).toBe(true)
      expect((await rejection(engine.gradient(badBatch(3)))).message).toMatch(/^step 3: .* sample 2 of the batch; 3 steps in a row were not finite; /)
      const [third, fourth] = await Promise.all([rejection(engine.step(badBatch(3))), rejection(engine.step(batchOf(4)))])
      expect(third.message).toMatch(/^step 3: the (loss|gradient) is not a finite number, first in the input of sample 2 of the batch; 3 steps in a row/)
      expect(fourth.message).toMatch(/^step 4: not taken/)
      expect(await engine.readParameters()).toEqual(before)
      engine.dispose()
    })

    it('a gradient that may be left out says by itself that it is not finite, also where only the loss is not', async () => {
      const spec = trainingSpec([1], [{ type: 'linear', units: 1, bias: false }], { loss: { type: 'l1' }, nonFinite: 'skip' })
      const engine = await engineFor(spec, 1)
      engine.writeParameters(new Float32Array(engine.layout.length).fill(3e38, 0, 1))
      const { lossSum, gradient } = await engine.gradient({ x: new Float32Array([1e3]), y: new Float32Array(1), count: 1, step: 1, sampleOffset: 0 })
      expect([Number.isFinite(lossSum), gradient[0]]).toEqual([false, Number.NaN])
      engine.dispose()
    })

    it('a loss scale changes no bit of steps and gradients where nothing overflows', async () => {
      for (const overrides of [{}, { clipNorm: 0.05 }, { loss: { type: 'huber', delta: 0.5 } as const, optimizer: { ...adamw, type: 'adam' as const } }]) {
        const spec = small(overrides)
        const values = (batch: Batch): Batch => (overrides.loss === undefined ? batch : { ...batch, y: testRandom(batch.step).floats(BATCH * CLASSES) })
        const [plain, scaled] = [await engineFor(spec), await engineFor(spec, BATCH, { limit: 1, scales: true })]
        for (const step of [1, 2, 3, 4, 5]) {
          const given = values(batchOf(step))
          expect((await scaled.gradient(given)).gradient).toEqual((await plain.gradient(given)).gradient)
          await Promise.all([plain.step(given), scaled.step(given)])
        }
        expect(await everythingOf(scaled)).toEqual(await everythingOf(plain))
        expect(scaled.guard.scale).toBe(65_536)
        plain.dispose()
        scaled.dispose()
      }
    })

    it('a loss scale is halved until the gradient fits, on the GPU alone', async () => {
      const layers = [1, 2].map(() => ({ type: 'linear', units: 1, bias: false }))
      const spec = trainingSpec([1], layers, { loss: { type: 'l1' }, optimizer: { type: 'sgd', lr: 1e-37, momentum: 0, nesterov: false, weightDecay: 0 } })
      const engine = await engineFor(spec, 1, { limit: 1, scales: true })
      const parameters = new Float32Array(engine.layout.length)
      parameters[engine.layout.entries[0]?.offset ?? 0] = 1
      parameters[engine.layout.entries[1]?.offset ?? 0] = 1e27
      engine.writeParameters(parameters)
      // The first layer's gradient is 1e36: times 2⁸ it is a float, times 2⁹ it is not.
      const results = await Promise.all(
        Array.from({ length: 9 }, (_, i) => engine.step({ x: new Float32Array([1e9]), y: new Float32Array(1), count: 1, step: i + 1, sampleOffset: 0 })),
      )
      expect(results.map(({ taken }) => taken)).toEqual([...Array<boolean>(8).fill(false), true])
      expect(engine.guard).toEqual({ scale: 256, goodSteps: 1, stuckSteps: 0, skippedSteps: 8 })
      expect((await engine.readParameters())[engine.layout.entries[0]?.offset ?? 0]).toBeCloseTo(0.9, 5)
      engine.dispose()
    })

    it.each([
      ['without scaling', { limit: 4, scales: false }],
      ['with scaling', { limit: 4, scales: true }],
    ] as const)('the guard on the GPU goes the way of the one on the host: %s', async (_, rule) => {
      const engine = await engineFor(small(), BATCH, rule)
      const random = testRandom(5)
      // Near both ends of the scale, and near a change of it.
      for (const scale of rule.scales ? [2, LARGEST_SCALE / 2] : [1]) {
        let expected = { ...initialGuard(rule), scale, goodSteps: rule.scales ? GROWTH_STEPS - 2 : 0 }
        engine.writeGuard(expected)
        for (let step = 1; step <= 24; step++) {
          const finite = random.integer(0, 3) > 0 || expected.stuckSteps === rule.limit - 1
          const { verdict, state } = judgeStep(rule, expected, finite)
          const { taken, guard } = await engine.step(finite ? batchOf(step) : badBatch(step))
          expect({ verdict: taken ? 'taken' : 'skipped', guard }, `step ${step}`).toEqual({ verdict, guard: state })
          expected = state
        }
      }
      engine.dispose()
    })
  })
}
