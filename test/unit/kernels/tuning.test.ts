/** Choosing kernel variants by measurement, on invented adapters: who wins, who is turned away, what is forgotten when. */
import { describe, expect, it } from 'vitest'
import type { KernelDevice } from '../../../kernels/device/device.ts'
import { matmul } from '../../../kernels/ops/matmul/matmul.ts'
import type { KernelVariant } from '../../../kernels/ops/op.ts'
import { pickVariant } from '../../../kernels/plan/executable.ts'
import type { PlannedDispatch } from '../../../kernels/plan/types.ts'
import { chooseVariant, type Trial } from '../../../kernels/tuning/choose.ts'
import { shapeClassOf } from '../../../kernels/tuning/shape-class.ts'
import { TuningTable } from '../../../kernels/tuning/table.ts'

const variant = (name: string): KernelVariant => ({ name, operands: [], code: '', workgroups: [1, 1, 1] })
const [fast, slow, plain] = ['fast', 'slow', 'plain'].map(variant) as [KernelVariant, KernelVariant, KernelVariant]
const TRUTH = [new Float32Array([1, 2, 3])]

/** An adapter that needs so many microseconds for each variant, and gives these outputs where they are not right. */
function adapter(microseconds: Record<string, number>, outputs: Record<string, Float32Array[] | Error> = {}): Trial & { timed: string[] } {
  const timed: string[] = []
  return {
    timed,
    run: async ({ name }) => {
      const result = outputs[name] ?? TRUTH
      if (result instanceof Error) throw result
      return result
    },
    time: async ({ name }) => {
      timed.push(name)
      return microseconds[name] ?? Number.NaN
    },
  }
}

describe('choosing between kernel variants', () => {
  it('takes the fastest, whatever the order of the guesses', async () => {
    const choice = await chooseVariant(adapter({ fast: 10, slow: 90, plain: 200 }), [slow, fast, plain], TRUTH)
    expect(choice).toEqual({ variant: 'fast', microseconds: { fast: 10, slow: 90, plain: 200 }, rejected: {} })
    const other = await chooseVariant(adapter({ fast: 100, slow: 90, plain: 200 }), [fast, slow, plain], TRUTH)
    expect(other.variant, 'another adapter, another choice').toBe('slow')
  })

  it.each([
    ['a wrong value', [new Float32Array([1, 2, 3.1])], /output 0 is off by/],
    ['no number', [new Float32Array([1, Number.NaN, 3])], /output 0 is off by/],
    ['too few values', [new Float32Array([1, 2])], /output 0 is off by/],
    ['no output', [], /output 0 is off by/],
    ['an error of the compiler', new Error('shader: unknown type'), /does not run: shader: unknown type/],
  ])('turns away a fast variant with %s, and does not time it', async (_, outputs, why) => {
    const device = adapter({ fast: 1, slow: 90, plain: 200 }, { fast: outputs })
    const choice = await chooseVariant(device, [fast, slow, plain], TRUTH)
    expect(choice.variant).toBe('slow')
    expect(choice.rejected.fast).toMatch(why)
    expect(device.timed).not.toContain('fast')
  })

  it('what rests on things that few devices have run is never a guess, and taken where it was measured to be right', () => {
    const candidates = [{ ...fast, unproved: true as const }, slow, plain]
    const dispatch = { label: 'x', bindings: [], variants: () => candidates, node: { shapeClass: 'shape' } } as unknown as PlannedDispatch
    const deviceWith = (table: TuningTable | null) => ({ caps: {}, tuning: table && { table } }) as unknown as KernelDevice
    expect(pickVariant(deviceWith(null), dispatch).name).toBe('slow')
    expect(pickVariant(deviceWith(new TuningTable('an adapter')), dispatch).name).toBe('slow')
    const proved = new TuningTable('an adapter', [['shape', { variant: 'fast', microseconds: { fast: 1 }, rejected: {} }]])
    expect(pickVariant(deviceWith(proved), dispatch).name).toBe('fast')
  })

  it('falls back to the last one, which runs anywhere, when all fail', async () => {
    const wrong = [new Float32Array([7, 7, 7])]
    const choice = await chooseVariant(adapter({}, { fast: wrong, slow: wrong, plain: wrong }), [fast, slow, plain], TRUTH)
    expect(choice.variant).toBe('plain')
    expect(Object.keys(choice.rejected)).toEqual(['fast', 'slow', 'plain'])
  })

  it('takes the median: one disturbed run decides nothing', async () => {
    const times = [10, 10, 5000, 10, 10]
    const trial = adapter({ slow: 50, plain: 200 })
    const disturbed: Trial = { run: trial.run, time: async (one) => (one.name === 'fast' ? (times.pop() ?? 10) : trial.time(one)) }
    expect((await chooseVariant(disturbed, [slow, fast, plain], TRUTH)).variant).toBe('fast')
  })
})

describe('the table of choices', () => {
  const CHOICE = { variant: 'fast', microseconds: { fast: 10 }, rejected: { slow: 'output 0 is off by 3.0e-1' } }

  it('comes back from its text for the same adapter and driver, and is empty for any other', () => {
    const table = new TuningTable('NVIDIA H100, driver 1')
    table.add('matmul', CHOICE)
    const text = table.toText()
    expect(TuningTable.fromText(text, 'NVIDIA H100, driver 1').get('matmul')).toEqual(CHOICE)
    expect(TuningTable.fromText(text, 'NVIDIA H100, driver 2').entries()).toEqual([])
  })

  it.each([['not JSON'], ['null'], ['{"version":0}'], ['{"version":1,"adapter":"a","choices":{"matmul":5}}']])('is empty for %s', (text) => {
    expect(TuningTable.fromText(text, 'a').entries()).toEqual([])
  })

  it('keeps its first choice: the plans of one job choose alike', () => {
    const table = new TuningTable('a')
    table.add('matmul', CHOICE)
    table.add('matmul', { ...CHOICE, variant: 'slow' })
    expect(table.get('matmul')?.variant).toBe('fast')
  })

  it('does not write down what was guessed, and measures it no more', () => {
    const table = new TuningTable('a')
    table.guess('conv')
    table.add('conv', CHOICE)
    expect([table.has('conv'), table.get('conv'), table.entries()]).toEqual([true, undefined, []])
    expect(TuningTable.fromText(table.toText(), 'a').has('conv'), 'the next process measures it').toBe(false)
  })

  it('has one class for shapes alike, others for other forms, sizes and remainders', () => {
    const classOf = (form: 'NN' | 'NT', m: number, n: number) =>
      shapeClassOf('matmul', {
        attributes: { form, activation: null },
        inputs: [[m, 64] as const, form === 'NN' ? ([64, n] as const) : ([n, 64] as const)].map((shape) => ({ shape, dtype: 'f32' as const })),
        outputs: [],
      })
    expect(classOf('NN', 100, 128)).toBe(classOf('NN', 120, 100))
    for (const other of [classOf('NT', 100, 128), classOf('NN', 130, 128), classOf('NN', 100, 127)]) expect(other).not.toBe(classOf('NN', 100, 128))
  })
})

describe('a plan on a device with a table', () => {
  const types = { attributes: { form: 'NN', activation: null }, inputs: [], outputs: [] }
  const dispatch: PlannedDispatch = {
    label: 'matmul.0',
    bindings: [],
    variants: () => [fast, slow, plain],
    node: { op: matmul as never, types, shapeClass: 'class' },
  }
  const picked = (choice: { variant: string; rejected?: Record<string, string> } | null) => {
    const table = new TuningTable('a')
    if (choice !== null) table.add('class', { microseconds: {}, rejected: {}, ...choice })
    const device = { caps: {}, tuning: { table, missing: 'guess', holdUpMs: 0, mostElements: 0, now: () => 0, changed() {} } }
    return pickVariant(device as unknown as KernelDevice, dispatch).name
  }

  it('takes what was measured, and the best guess where nothing was', () => {
    expect(picked(null)).toBe('fast')
    expect(picked({ variant: 'slow' })).toBe('slow')
  })

  it('never takes a variant that failed its check, when the chosen one does not exist for this very shape', () => {
    expect(picked({ variant: 'gone', rejected: { fast: 'output 0 is off by 1.0e+0' } })).toBe('slow')
  })
})
