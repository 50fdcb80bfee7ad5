/** Nodes near the largest binding there is: kernels are found that no limit of a dispatch refuses, and no number wraps around. */
import { describe, expect, it } from 'vitest'
import { BASELINE_CAPS, type DeviceCaps } from '../../../kernels/device/caps.ts'
import type { KernelDevice } from '../../../kernels/index.ts'
import type { TensorType } from '../../../kernels/ops/op.ts'
import { OPS } from '../../../kernels/ops/registry.ts'
import { pickVariant } from '../../../kernels/plan/executable.ts'
import { MAX_WORKGROUPS_PER_DIMENSION } from '../../../kernels/plan/wgsl.ts'
import { splitCases } from '../../op-cases/split.ts'

/** 4 GiB of f32, less one row. */
const MOST_ELEMENTS = 2 ** 30

const CAPS: readonly DeviceCaps[] = [
  BASELINE_CAPS,
  { ...BASELINE_CAPS, kind: 'cpu' },
  { ...BASELINE_CAPS, kind: 'cpu', subgroups: true, subgroupMinSize: 8, subgroupMaxSize: 8 },
  { ...BASELINE_CAPS, subgroups: true, subgroupMinSize: 32, subgroupMaxSize: 32 },
]

const elements = ({ shape }: TensorType) => shape.reduce((product, size) => product * size, 1)

describe('the largest nodes', () => {
  const cases = splitCases(1)

  // A case with its rows multiplied: pieces of it are of the very form that large nodes have.
  it.each(cases.map((one) => [one.title, one] as const))('%s', (_, { op, attributes, inputs, outputs, maxBytes, title }) => {
    const pieces = op.split?.({ attributes, inputs, outputs }, maxBytes) ?? []
    const [piece] = pieces
    if (piece === undefined) throw new Error(`${title} is not cut`)
    // Rows are what a piece has other numbers of: the largest factor that keeps every operand below the largest binding.
    const all = [...piece.inputs, ...piece.outputs]
    const factor = Math.floor(MOST_ELEMENTS / Math.max(...all.map(elements)))
    const scaled = (type: TensorType, i: number): TensorType => {
      const node = [...inputs, ...outputs][i] as TensorType
      const isCut = elements(type) < elements(node)
      return isCut ? { ...type, shape: [(type.shape[0] ?? 1) * factor, ...type.shape.slice(1)] } : type
    }
    const types = all.map(scaled)
    const large = { attributes, inputs: types.slice(0, inputs.length), outputs: types.slice(inputs.length) }
    // Products are not cut by rows alone: their own shapes follow from any two matrices.
    if (op.name === 'matmul' || 'vocabulary' in (attributes as object)) return
    for (const caps of CAPS) {
      const device = { caps, tuning: null } as unknown as KernelDevice
      const { workgroups, code } = pickVariant(device, { label: title, bindings: [], variants: () => op.variants(large, caps) })
      for (const count of workgroups) expect(count).toBeLessThanOrEqual(MAX_WORKGROUPS_PER_DIMENSION)
      expect(workgroups.every((count) => Number.isInteger(count) && count > 0)).toBe(true)
      for (const [literal] of code.matchAll(/\b\d+(?=u\b)/g)) expect(Number(literal), `a number of ${title}`).toBeLessThan(2 ** 32)
    }
  })

  it.each(['NN', 'NT', 'TN'] as const)('matmul %s', (form) => {
    for (const [m, n, k] of [
      [2 ** 24, 64, 64],
      [64, 2 ** 24, 64],
      [1, 2 ** 29, 1],
      [2 ** 29, 1, 1],
      [64, 64, 2 ** 23],
    ] as const) {
      const op = OPS.get('matmul')
      if (op === undefined) throw new Error('there is no matmul')
      const attributes = { form, activation: null }
      const f32 = (...shape: number[]): TensorType => ({ shape, dtype: 'f32' })
      const inputs = [form === 'TN' ? f32(k, m) : f32(m, k), form === 'NT' ? f32(n, k) : f32(k, n)]
      for (const caps of CAPS) {
        const device = { caps, tuning: null } as unknown as KernelDevice
        const { workgroups } = pickVariant(device, {
          label: 'matmul',
          bindings: [],
          variants: () => op.variants({ attributes, inputs, outputs: [f32(m, n)] }, caps),
        })
        for (const count of workgroups) expect(count).toBeLessThanOrEqual(MAX_WORKGROUPS_PER_DIMENSION)
      }
    }
  })
})
