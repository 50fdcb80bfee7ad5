/** Choices between kernels on the adapter at hand: measured once, used, and nothing left behind. */
import { describe, expect, it } from 'vitest'
import { createEngine, initialParameters } from '../../kernels/index.ts'
import { TuningTable } from '../../kernels/tuning/table.ts'
import { mlp, trainingSpec } from '../specs.ts'
import { dawnDevice } from './dawn.ts'

const BATCH = 4

describe('a device that measures its kernels', () => {
  it('measures each kind of shape before its first use, keeps the choice and holds no buffer of the trial', async () => {
    const table = new TuningTable('this adapter')
    let kept = 0
    const device = await dawnDevice({
      tuning: () => ({
        table,
        missing: 'measure',
        holdUpMs: Number.POSITIVE_INFINITY,
        mostElements: Number.POSITIVE_INFINITY,
        now: () => performance.now(),
        changed: () => {
          kept += 1
        },
      }),
    })
    const spec = trainingSpec([6], mlp(5, 3))
    const engine = await createEngine(device, spec, BATCH)
    const choices = table.entries()
    expect(choices.map(([name]) => name.split(' ')[0])).toContain('matmul')
    for (const [name, { variant, microseconds, rejected }] of choices) {
      expect(rejected, name).toEqual({})
      expect(Object.keys(microseconds).length, name).toBeGreaterThan(1)
      expect(microseconds[variant], name).toBe(Math.min(...Object.values(microseconds)))
    }
    for (const chosen of engine.chosenVariants.filter((line) => line.startsWith('matmul'))) {
      expect(choices.map(([, { variant }]) => variant)).toContain(chosen.split(': ')[1])
    }
    expect(device.usedBytes).toBe(engine.memoryBytes)

    const parameters = initialParameters(spec)
    const batch = { x: Float32Array.from({ length: BATCH * 6 }, (_, i) => Math.sin(i)), y: new Int32Array(BATCH), count: BATCH, step: 1, sampleOffset: 0 }
    engine.writeParameters(parameters)
    const { gradient } = await engine.gradient(batch)
    const again = await createEngine(device, spec, BATCH)
    again.writeParameters(parameters)
    expect((await again.gradient(batch)).gradient, 'another engine chooses alike: the same bits').toEqual(gradient)
    expect(again.chosenVariants).toEqual(engine.chosenVariants)
    expect(kept).toBe(1)
    device.dispose()
  })

  it('guesses what there is no time to measure, and stays with it', async () => {
    const table = new TuningTable('this adapter')
    let nowMs = 0
    let holdUpMs = 1
    const device = await dawnDevice({
      tuning: () => ({
        table,
        missing: 'measure',
        get holdUpMs() {
          return holdUpMs
        },
        mostElements: Number.POSITIVE_INFINITY,
        // A millisecond a look: the first kind of shape is measured, no other.
        now: () => nowMs++,
        changed() {},
      }),
    })
    const spec = trainingSpec([6], mlp(5, 3))
    const first = await createEngine(device, spec, BATCH)
    const measured = table.entries().length
    expect(measured).toBeLessThanOrEqual(1)
    holdUpMs = Number.POSITIVE_INFINITY
    const second = await createEngine(device, spec, BATCH)
    expect(table.entries()).toHaveLength(measured)
    expect(second.chosenVariants).toEqual(first.chosenVariants)
    device.dispose()
  })

  it('guesses what is too large to be tried', async () => {
    const table = new TuningTable('this adapter')
    const limits = { holdUpMs: Number.POSITIVE_INFINITY, mostElements: 60 }
    const device = await dawnDevice({ tuning: () => ({ table, missing: 'measure', ...limits, now: () => performance.now(), changed() {} }) })
    await createEngine(device, trainingSpec([6], mlp(5, 3)), BATCH)
    const sizes = table.entries().map(([name]) => name)
    expect(sizes.some((name) => name.startsWith('matmul {"form":"NT","activation":null} f32[4,8~]'))).toBe(true)
    expect(
      sizes.some((name) => name.includes('f32[4,8~] f32[8~,8~]')),
      '24 + 30 + 5 + 20 elements',
    ).toBe(false)
    device.dispose()
  })
})
