/**
 * What can be said without a device of nodes that are larger than a binding: where a rule only takes other rows, the pieces'
 * float64 references over their ranges are the whole's, number for number. Rules that tell their kernels more (which row
 * comes first, that a sum goes on) run in the gpu tier.
 */
import { describe, expect, it } from 'vitest'
import { BYTES_OF } from '../../../kernels/ops/op.ts'
import { OPS } from '../../../kernels/ops/registry.ts'
import { tensorBytes } from '../../../kernels/plan/types.ts'
import { splitCases } from '../../op-cases/split.ts'

const SEEDS = [1, 2]
const elements = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1)

describe('nodes larger than a binding', () => {
  it('every op that can be cut has a case', () => {
    const cases = splitCases(1)
    const missing = [...OPS.values()].filter((op) => op.split !== undefined && !cases.some((opCase) => opCase.op === op))
    expect(missing.map(({ name }) => name)).toEqual([])
  })

  it.each(SEEDS)('the pieces of every op fit, begin where a binding may, and cover the outputs: seed %i', (seed) => {
    for (const { title, op, attributes, inputs, outputs, values, step, maxBytes } of splitCases(seed)) {
      const node = { attributes, inputs, outputs }
      const pieces = op.split?.(node, maxBytes)
      if (pieces === undefined || pieces === null) throw new Error(`${title} is not cut`)
      expect(pieces.length, title).toBeGreaterThan(1)
      const written = node.outputs.map(({ shape }) => new Uint8Array(elements(shape)))
      for (const piece of pieces) {
        for (const operand of [...piece.inputs, ...piece.outputs]) {
          expect(tensorBytes(operand), title).toBeLessThanOrEqual(maxBytes)
          expect((operand.first * BYTES_OF[operand.dtype]) % 256, title).toBe(0)
        }
        piece.outputs.forEach(({ first, shape }, i) => {
          written[i]?.fill(1, first, first + elements(shape))
        })
      }
      expect(
        written.some((output) => output.includes(0)),
        title,
      ).toBe(false)
      if (pieces.some((piece) => piece.attributes !== attributes)) continue
      const expected = op.reference(values, node, step)
      const actual = node.outputs.map(({ shape }) => new Float64Array(elements(shape)).fill(Number.NaN))
      for (const piece of pieces) {
        const ranges = piece.inputs.map(({ first, shape }, i) => (values[i] as Float64Array).slice(first, first + elements(shape)))
        op.reference(ranges, piece, step).forEach((output, i) => {
          actual[i]?.set(output, piece.outputs[i]?.first)
        })
      }
      const same = actual.every((output, i) => output.every((value, j) => value === expected[i]?.[j]))
      expect(same, title).toBe(true)
    }
  })
})
