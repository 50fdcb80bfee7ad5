import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { BASELINE_CAPS, type DeviceCaps, fixedSubgroupSize } from '../../../kernels/device/caps.ts'
import { roundToHalf } from '../../../kernels/half.ts'
import type { KernelDevice } from '../../../kernels/index.ts'
import { matmul } from '../../../kernels/ops/matmul/matmul.ts'
import { subgroupVariant } from '../../../kernels/ops/matmul/subgroup.wgsl.ts'
import { TILE_64, TILE_128, tileVariant } from '../../../kernels/ops/matmul/tile.wgsl.ts'
import type { MatmulForm } from '../../../kernels/ops/matmul/types.ts'
import type { KernelVariant } from '../../../kernels/ops/op.ts'
import { threefry2x32 } from '../../../kernels/random/threefry.ts'
import { THREEFRY_WGSL } from '../../../kernels/random/threefry.wgsl.ts'
import { opCase } from '../../op-cases/case.ts'
import { OP_CASES, type OpCase } from '../../op-cases.ts'
import type { DeviceProvider } from './provider.ts'
import { distinctVariants, relativeError, runVariant } from './run-variant.ts'

/** f32 with a few transcendental functions in between (WGSL lets exp be off by 3 + 2|x| ULP). */
const TOLERANCE = 1e-5

/** A result that is stored as f16 lies within half a step of 2^-11 of the truth. */
const HALF_TOLERANCE = 5e-4

/** Every variant that exists is run here, also those that this device would not choose. */
function capsToCover(device: KernelDevice): DeviceCaps[] {
  return [device.caps, { ...BASELINE_CAPS, kind: 'cpu' }, BASELINE_CAPS]
}

export function opSuite(provider: DeviceProvider): void {
  describe('kernels against their float64 references', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await provider()
    })
    afterAll(() => device.dispose())

    it.for(OP_CASES.filter((opCase) => opCase.op.alias !== true).map((opCase) => [opCase.title, opCase] as const))('%s', async ([, opCase], { skip }) => {
      const { attributes, inputs, outputs } = opCase
      // Browsers' software adapter has no f16.
      if (!device.caps.f16 && [...inputs, ...outputs].some(({ dtype }) => dtype === 'f16')) return skip()
      const node = { attributes, inputs, outputs }
      // The kernel sees f32 values: so must the reference.
      const rounded = opCase.values.map((value) => Float64Array.from(value, Math.fround))
      const expected = opCase.op.reference(rounded, node, opCase.step)
      const variants = distinctVariants(opCase, opCase.ownVariantsOnly ? [device.caps] : capsToCover(device))
      expect(variants.length).toBeGreaterThan(0)
      for (const variant of variants) {
        const actual = await runVariant(device, opCase, variant)
        expected.forEach((values, i) => {
          expect(relativeError(actual[i] as Float32Array, values), `${variant.name}, output ${i}`).toBeLessThan(
            outputs[i]?.dtype === 'f16' ? HALF_TOLERANCE : TOLERANCE,
          )
        })
        const again = await runVariant(device, opCase, variant)
        expect(again, `${variant.name} gives the same bits twice`).toEqual(actual)
      }
    })

    it.each(['NN', 'NT', 'TN'] as const)('the 128-wide tile of matmul %s, which only large products choose', async (form: MatmulForm) => {
      const template = OP_CASES.find((candidate) => candidate.title === `matmul ${form} 65x130x67 with bias`) as OpCase
      const node = { attributes: template.attributes, inputs: template.inputs, outputs: template.outputs }
      const variant = tileVariant(
        TILE_128,
        { m: 65, n: 130, k: 67 },
        { form, activation: null },
        { bias: true, residual: false, operands: 'f32', result: 'f32' },
      )
      const [expected] = template.op.reference(template.values, node, template.step)
      const [actual] = await runVariant(device, template, variant)
      expect(relativeError(actual as Float32Array, expected as Float64Array)).toBeLessThan(TOLERANCE)
    })

    it.each([
      [64, 'NN', TILE_64],
      [64, 'NT', TILE_64],
      [128, 'TN', TILE_128],
    ] as const)('the %i-wide tile of matmul %s reads and writes four at a time, and ends inside a quad of threads', async (_, form, tile) => {
      const [m, n, k] = [68, 132, 20]
      const attributes = { form, activation: null }
      const template = opCase(`matmul ${form}`, matmul, attributes, [form === 'TN' ? [k, m] : [m, k], form === 'NT' ? [n, k] : [k, n], [n]])
      const variant = tileVariant(tile, { m, n, k }, attributes, { bias: true, residual: false, operands: 'f32', result: 'f32' })
      expect(variant.operands.map(({ element }) => element)).toEqual(Array.from({ length: 4 }, () => 'vec4f'))
      const [expected] = template.op.reference(template.values, template, template.step)
      const [actual] = await runVariant(device, template, variant)
      expect(relativeError(actual as Float32Array, expected as Float64Array)).toBeLessThan(TOLERANCE)
    })

    // In quads and one by one: rows and columns end inside a block, k is no multiple of what a load of all lanes covers.
    it.each(
      (['NN', 'NT', 'TN'] as const).flatMap((form) => [
        [form, 36, 72, 28],
        [form, 35, 70, 27],
      ]) as [MatmulForm, number, number, number][],
    )('the 16 rows of a subgroup in matmul %s %ix%ix%i, which only large products choose', async (form, m, n, k) => {
      const lanes = fixedSubgroupSize(device.caps)
      if (lanes === null) return
      const attributes = { form, activation: null }
      const template = opCase(`matmul ${form}`, matmul, attributes, [form === 'TN' ? [k, m] : [m, k], form === 'NT' ? [n, k] : [k, n], [n]])
      const [expected] = matmul.reference(template.values, { attributes, inputs: template.inputs, outputs: template.outputs }, template.step)
      const variant = subgroupVariant({ m, n, k }, attributes, { bias: true, residual: false, operands: 'f32', result: 'f32' }, { lanes, rows: 16, columns: 4 })
      const [actual] = await runVariant(device, template, variant)
      expect(relativeError(actual as Float32Array, expected as Float64Array)).toBeLessThan(TOLERANCE)
    })

    it('a workgroup tile of halves, which GPUs alone choose', async ({ skip }) => {
      if (!device.caps.f16) return skip()
      const template = OP_CASES.find((candidate) => candidate.title === 'matmul NN 9x11x5 of halves with bias') as OpCase
      const extras = { bias: true, residual: false, operands: 'f16', result: 'f32' } as const
      const variant = tileVariant(TILE_64, { m: 9, n: 11, k: 5 }, { form: 'NN', activation: null }, extras)
      const [expected] = template.op.reference(template.values, template, template.step)
      const [actual] = await runVariant(device, template, variant)
      expect(relativeError(actual as Float32Array, expected as Float64Array)).toBeLessThan(TOLERANCE)
    })

    it('what f16 cannot hold becomes infinity, ties go to the even half', async ({ skip }) => {
      if (!device.caps.f16) return skip()
      const template = OP_CASES.find((opCase) => opCase.title === 'cast of [64, 4] to f16') as OpCase
      const values = [65504, 65519, 65520, 1e6, 3e38, 1 + 2 ** -11, 1 + 3 * 2 ** -11, 2 ** -14, Infinity]
      const both = Float64Array.from([...values, 0, ...values.map((value) => -value), 0])
      const opCase: OpCase = { ...template, inputs: [{ shape: [20], dtype: 'f32' }], outputs: [{ shape: [20], dtype: 'f16' }], values: [both] }
      const [variant] = distinctVariants(opCase, [device.caps])
      const [halves] = await runVariant(device, opCase, variant as KernelVariant)
      expect(Array.from(halves ?? [])).toEqual(Array.from(both, roundToHalf))
      expect(Array.from(both.slice(0, 9), roundToHalf)).toEqual([65504, 65504, Infinity, Infinity, Infinity, 1, 1 + 2 ** -9, 2 ** -14, Infinity])
    })

    it('more than 65,535 workgroups go into a second dimension', async () => {
      const template = OP_CASES.find((opCase) => opCase.title.startsWith('add of [5, 7]')) as OpCase
      // Odd, so read one by one: 64 per workgroup.
      const length = 65_535 * 64 + 4097
      const values = [0, 1].map((k) => Float64Array.from({ length }, (_, i) => ((i * (k + 3)) % 1009) - 500))
      const opCase: OpCase = {
        ...template,
        inputs: values.map(() => ({ shape: [length], dtype: 'f32' as const })),
        outputs: [{ shape: [length], dtype: 'f32' }],
        values,
      }
      const [variant] = distinctVariants(opCase, [device.caps])
      if (variant === undefined) throw new Error('add has no variant')
      expect(variant.workgroups[1]).toBeGreaterThan(1)
      const [sums] = await runVariant(device, opCase, variant)
      const wrong = (sums as Float32Array).findIndex((sum, i) => sum !== (values[0]?.[i] ?? 0) + (values[1]?.[i] ?? 0))
      expect(wrong).toBe(-1)
    })

    it('the generator draws the same bits in WGSL as in JavaScript', async () => {
      const template = OP_CASES.find((opCase) => opCase.title.startsWith('add of [1]')) as OpCase
      const length = 64
      const counters = Float64Array.from({ length }, (_, i) => i * 977)
      const opCase: OpCase = {
        ...template,
        inputs: [0, 1].map(() => ({ shape: [length], dtype: 'f32' as const })),
        outputs: [{ shape: [length], dtype: 'f32' }],
        values: [counters, counters],
      }
      const [words] = await runVariant(device, opCase, {
        name: 'threefry',
        operands: ['a', 'b', 'c'].map((name) => ({ name, element: 'f32' as const })),
        workgroups: [1, 1, 1],
        code: `${THREEFRY_WGSL}
@compute @workgroup_size(64) fn main(@builtin(local_invocation_index) i: u32) {
  let x = threefry(vec2u(0x13198a2eu, 0xdeadbeefu), vec2u(u32(a[i]), u32(b[i]) * 3u));
  c[i] = unit_float(x.x) + 0.0 * f32(x.y);
}`,
      })
      const bits = new Uint32Array(2)
      const expected = Array.from(counters, (counter) => {
        threefry2x32(0x13198a2e, 0xdeadbeef, counter, counter * 3, bits)
        return ((bits[0] ?? 0) >>> 8) / 2 ** 24
      })
      expect(Array.from(words ?? [])).toEqual(expected)
    })
  })
}
