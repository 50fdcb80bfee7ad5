/**
 * `column-sum`: `source: [M, N]` → `[⌈M / rowsPerPart⌉, N]`, each output the sum of `rowsPerPart` consecutive rows, in
 * row order. Applied until one row is left (`sumColumns`) it is the two-stage, fixed-order column sum: bias gradients
 * and the reduction of per-row loss statistics. No atomics, so the same input gives the same bits.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { GraphBuilder, OpDefinition, Tensor } from '../op.ts'
import { columnSumReference } from './column-sum.ref.ts'
import { columnSumVariant } from './column-sum.wgsl.ts'

export interface ColumnSumAttributes {
  readonly rowsPerPart: number
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
  variants: (node) => [columnSumVariant(at(node.inputs, 0).shape, node.attributes.rowsPerPart)],
  reference: (inputs, node) => [columnSumReference(at(inputs, 0), at(node.inputs, 0).shape, node.attributes.rowsPerPart)],
}

/** `source: [M, N]` → `[1, N]`. */
export function sumColumns(graph: GraphBuilder, source: Tensor): Tensor {
  let sum = source
  do sum = graph.one(columnSum, [sum], { rowsPerPart: ROWS_PER_PART })
  while (at(sum.shape, 0) > 1)
  return sum
}
