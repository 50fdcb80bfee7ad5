/**
 * `column-sum`: `source: [M, N]` → `[⌈M / rowsPerPart⌉, N]`, each output the sum of `rowsPerPart` consecutive rows, in
 * row order. Applied until one row is left (`sumColumns`) it is the two-stage, fixed-order column sum: bias gradients
 * and the reduction of per-row loss statistics. No atomics, so the same input gives the same bits.
 */
import { tensorBytes } from '../../plan/types.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { GraphBuilder, OpDefinition, Tensor } from '../op.ts'
import { partRanges, rowsOf } from '../split.ts'
import { columnSumReference } from './column-sum.ref.ts'
import { columnSumVariant } from './column-sum.wgsl.ts'

export interface ColumnSumAttributes {
  readonly rowsPerPart: number
  /** Of a piece of a larger node: which of the sums it begins with, and whether that goes on from what it holds. */
  readonly firstPart?: number
  readonly accumulates?: boolean
}

/** Enough rows to be worth a thread, few enough that a batch of thousands still has many parts. Chosen by feel. */
const ROWS_PER_PART = 128

export const columnSum: OpDefinition<ColumnSumAttributes> = {
  name: 'column-sum',
  infer(inputs, { rowsPerPart }) {
    expectInputs('column-sum', inputs, 1)
    const { shape } = at(inputs, 0)
    if (shape.length !== 2) throw shapeMismatch('column-sum', 'a matrix is needed', inputs)
    return [{ shape: [Math.ceil(at(shape, 0) / rowsPerPart), at(shape, 1)], dtype: 'f32' }]
  },
  half: { accepts: [0] },
  variants: (node) => [columnSumVariant(at(node.inputs, 0), node.attributes)],
  split(node, maxBytes) {
    const [source, sums] = [at(node.inputs, 0), at(node.outputs, 0)]
    const [rows = 0, columns = 0] = source.shape
    const { rowsPerPart } = node.attributes
    const ranges = partRanges({ rows, rowsPerPart, inputs: [tensorBytes(source) / rows], sum: tensorBytes(sums) / at(sums.shape, 0) }, maxBytes)
    if (ranges === null) return null
    return ranges.map((range) => {
      const { firstPart, parts, accumulates } = range
      const inputs = [rowsOf(source, rows, range.rows)]
      const measuredAs = { attributes: { rowsPerPart }, inputs, outputs: [{ ...sums, shape: [parts, columns] }] }
      return { attributes: { rowsPerPart, firstPart, accumulates }, inputs, outputs: [rowsOf(sums, at(sums.shape, 0), range.bound)], measuredAs }
    })
  },
  reference: (inputs, node) => [columnSumReference(at(inputs, 0), at(node.inputs, 0).shape, node.attributes.rowsPerPart)],
}

/** `source: [M, N]` → `[1, N]`. */
export function sumColumns(graph: GraphBuilder, source: Tensor): Tensor {
  let sum = source
  do sum = graph.one(columnSum, [sum], { rowsPerPart: ROWS_PER_PART })
  while (at(sum.shape, 0) > 1)
  return sum
}
