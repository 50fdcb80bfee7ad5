/**
 * The matmul on matrix units, on machines that have none: Dawn's null backend compiles the kernels as a device with the
 * units would get them, and everything around the four builtins runs here with these written out in scalar WGSL. The
 * builtins themselves run nowhere in these tests.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { DeviceCaps, SubgroupMatrix } from '../../kernels/device/caps.ts'
import { type KernelDevice, openDevice } from '../../kernels/index.ts'
import { matmul } from '../../kernels/ops/matmul/matmul.ts'
import { type MatrixDialect, type MatrixTile, matrixVariant, matrixVariants } from '../../kernels/ops/matmul/matrix.wgsl.ts'
import type { MatmulAttributes, MatmulForm } from '../../kernels/ops/matmul/types.ts'
import { assembleKernel } from '../../kernels/plan/wgsl.ts'
import { opCase } from '../op-cases/case.ts'
import { dawn, dawnDevice } from './dawn.ts'
import { relativeError, runVariant } from './suites/run-variant.ts'

const FORMS: readonly MatmulForm[] = ['NN', 'NT', 'TN']
const shapesOf = (form: MatmulForm, m: number, n: number, k: number) => [form === 'TN' ? [k, m] : [m, k], form === 'NT' ? [n, k] : [k, n]]

describe('matmul on matrix units', () => {
  describe('compiles on a device that has them', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await openDevice(await dawn(['backend=null']))
    })
    afterAll(() => device.dispose())

    const configurations: [string, SubgroupMatrix, Partial<DeviceCaps>][] = [
      ['16x16x16, subgroups of 32', { m: 16, n: 16, k: 16 }, { subgroupMinSize: 32, subgroupMaxSize: 32 }],
      ['16x8x16, subgroups of 32', { m: 16, n: 8, k: 16 }, { subgroupMinSize: 32, subgroupMaxSize: 32 }],
      ['8x8x8, subgroups of 32', { m: 8, n: 8, k: 8 }, { subgroupMinSize: 32, subgroupMaxSize: 32 }],
      ['8x16x16, subgroups of 8 to 32', { m: 8, n: 16, k: 16 }, { subgroupMinSize: 8, subgroupMaxSize: 32 }],
    ]
    it.each(configurations)('%s', async (_, matrix, sizes) => {
      expect([device.caps.f16, device.caps.subgroups, device.caps.subgroupSizeControl]).toEqual([true, true, true])
      const caps: DeviceCaps = { ...device.caps, kind: 'gpu', maxWorkgroupStorageBytes: 49_152, ...sizes, subgroupMatrices: [matrix] }
      for (const form of FORMS) {
        for (const [m, n, k] of [
          [256, 512, 128],
          [65, 131, 37],
        ] as const) {
          const attributes: MatmulAttributes = { form, activation: { kind: 'gelu' }, residual: true }
          const types = opCase(form, matmul, attributes, [...shapesOf(form, m, n, k), [n], [m, n]], { halves: [0, 1], halfResults: m === 65 ? [0] : [] })
          const variants = matmul.variants({ attributes, inputs: types.inputs, outputs: types.outputs }, caps).filter(({ name }) => name.startsWith('matrix'))
          expect(variants.map(({ name }) => name).sort()).toEqual([128, 64].map((side) => `matrix-${side}-${matrix.m}x${matrix.n}x${matrix.k}`))
          for (const variant of variants) {
            expect(variant.unproved, 'taken only where it was measured to be right').toBe(true)
            const operands = variant.operands.map((operand, i) => ({
              ...operand,
              access: i < types.inputs.length ? ('read' as const) : ('read_write' as const),
            }))
            const { wgsl, bindings } = assembleKernel(operands, false, variant.enable ?? [], variant.code)
            // The null backend has as little workgroup memory as any device must have: the large tile is a module there, and no pipeline.
            if (variant.name.startsWith('matrix-64')) await device.pipelines.pipeline(`${form} ${variant.name}`, wgsl, bindings)
            else expect((await device.raw.createShaderModule({ code: wgsl }).getCompilationInfo()).messages.map(({ message }) => message)).toEqual([])
          }
        }
      }
    })

    it('is offered only for halves, and only where the device says that it has the units and how its subgroups are', () => {
      const has: DeviceCaps = {
        ...device.caps,
        kind: 'gpu',
        maxWorkgroupStorageBytes: 49_152,
        subgroupMinSize: 32,
        subgroupMaxSize: 32,
        subgroupMatrices: [{ m: 16, n: 16, k: 16 }],
      }
      const offered = (caps: DeviceCaps, operands: 'f16' | 'f32' = 'f16') =>
        matrixVariants({ m: 256, n: 256, k: 256 }, { form: 'NN', activation: null }, { bias: false, residual: false, operands, result: 'f32' }, caps).map(
          ({ name }) => name,
        )
      expect(offered(has)).toEqual(['matrix-128-16x16x16', 'matrix-64-16x16x16'])
      expect(offered({ ...has, maxWorkgroupStorageBytes: 16_384 })).toEqual(['matrix-64-16x16x16'])
      for (const change of [
        { f16: false },
        { subgroups: false },
        { subgroupMatrices: [] },
        { subgroupMinSize: 16, subgroupSizeControl: false },
        { subgroupMatrices: [{ m: 48, n: 16, k: 16 }] },
      ]) {
        expect(offered({ ...has, ...change }), JSON.stringify(change)).toEqual([])
      }
      expect(offered(has, 'f32')).toEqual([])
    })
  })

  describe('computes what the reference says, with the builtins written out', () => {
    let device: KernelDevice
    beforeAll(async () => {
      device = await dawnDevice()
    })
    afterAll(() => device.dispose())

    // Small tiles: a driver inlines every written-out builtin, and compiles them for seconds as it is.
    const grid = { subgroupRows: 2, subgroupColumns: 2 }
    const cases: [MatmulForm, SubgroupMatrix, MatrixTile, number, number, number, boolean][] = [
      ['NN', { m: 8, n: 8, k: 8 }, { rows: 32, columns: 16, depth: 16, ...grid }, 36, 20, 20, false],
      ['NT', { m: 8, n: 8, k: 8 }, { rows: 16, columns: 32, depth: 8, ...grid }, 19, 35, 17, true],
      ['TN', { m: 16, n: 8, k: 4 }, { rows: 32, columns: 16, depth: 4, ...grid }, 35, 19, 9, false],
    ]
    it.for(cases)('%s with matrices of %o in %o', async ([form, matrix, tile, m, n, k, halfResult], { skip }) => {
      if (!device.caps.f16) return skip()
      const attributes: MatmulAttributes = { form, activation: { kind: 'leakyrelu', slope: 0.1 }, residual: true }
      const given = opCase(form, matmul, attributes, [...shapesOf(form, m, n, k), [n], [m, n]], { halves: [0, 1], halfResults: halfResult ? [0] : [] })
      const extras = { bias: true, residual: true, operands: 'f16', result: halfResult ? 'f16' : 'f32' } as const
      const variant = matrixVariant(tile, matrix, scalarDialect(matrix), { m, n, k }, attributes, extras)
      const [expected] = matmul.reference(given.values, { attributes, inputs: given.inputs, outputs: given.outputs }, given.step)
      const [actual] = await runVariant(device, given, variant)
      expect(relativeError(actual as Float32Array, expected as Float64Array)).toBeLessThan(halfResult ? 5e-4 : 1e-6)
    })
  })
})

/** Every thread is a subgroup of one lane, and a matrix an array in its private memory. */
function scalarDialect({ m, n, k }: SubgroupMatrix): MatrixDialect {
  // Bounds that a compiler cannot know: unrolled, these loops take a software driver minutes.
  const below = (count: number) => `${count}u + (arrayLength(&a) & 0x80000000u)`
  const load = (side: 'left' | 'right', stage: string, rows: number, columns: number) =>
    (['row_major', 'col_major'] as const)
      .map(
        (order) => `fn load_${side}_${order}(offset: u32, stride: u32) -> array<f32, ${rows * columns}> {
  var matrix: array<f32, ${rows * columns}>;
  for (var r = 0u; r < ${below(rows)}; r++) {
    for (var c = 0u; c < ${below(columns)}; c++) {
      matrix[r * ${columns}u + c] = f32(${stage}[offset + ${order === 'row_major' ? 'r * stride + c' : 'c * stride + r'}]);
    }
  }
  return matrix;
}`,
      )
      .join('\n')
  return {
    enable: [],
    functions: `${load('left', 'stage_a', m, k)}
${load('right', 'stage_b', k, n)}
fn multiply_add(left: array<f32, ${m * k}>, right: array<f32, ${k * n}>, sums: array<f32, ${m * n}>) -> array<f32, ${m * n}> {
  var result = sums;
  var l = left;
  var r = right;
  for (var i = 0u; i < ${below(m)}; i++) {
    for (var j = 0u; j < ${below(n)}; j++) {
      for (var p = 0u; p < ${below(k)}; p++) { result[i * ${n}u + j] += l[i * ${k}u + p] * r[p * ${n}u + j]; }
    }
  }
  return result;
}
fn store(offset: u32, sums: array<f32, ${m * n}>) {
  var s = sums;
  for (var i = 0u; i < ${below(m * n)}; i++) { sums_out[offset + i] = s[i]; }
}`,
    lanes: 1,
    attributes: '',
    parameters: '',
    prologue: 'let subgroup = thread; let lane = 0u;',
    sums: `array<f32, ${m * n}>`,
    load: (side, offset, stride, order) => `load_${side}_${order}(${offset}, ${stride}u)`,
    multiplyAdd: (left, right, sums) => `multiply_add(${left}, ${right}, ${sums})`,
    store: (offset, sums) => `store(${offset}, ${sums});`,
  }
}
