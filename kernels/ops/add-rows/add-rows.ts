/** `add-rows`: `x: [M, N]` + `row: [N]`, the same row added to each: learned positions. */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { sumColumns } from '../column-sum/column-sum.ts'
import type { OpDefinition } from '../op.ts'
import { reshape } from '../reshape/reshape.ts'
import { splitRows } from '../split.ts'
import { addRowsReference } from './add-rows.ref.ts'
import { addRowsVariant } from './add-rows.wgsl.ts'

export const addRows: OpDefinition<Record<never, never>> = {
  name: 'add-rows',
  infer(inputs) {
    expectInputs('add-rows', inputs, 2)
    const [x, row] = [at(inputs, 0), at(inputs, 1)]
    if (x.shape.length !== 2 || row.shape.length !== 1 || x.shape[1] !== row.shape[0])
      throw shapeMismatch('add-rows', 'x [M, N] and a row [N] are needed', inputs)
    return [x]
  },
  gradient({ graph, inputs, outputGradients, needs }) {
    const g = outputGradients[0]
    if (!g) return [null, null]
    return [g, needs[1] ? graph.one(reshape, [sumColumns(graph, g)], { shape: at(inputs, 1).shape }) : null]
  },
  variants: (node) => [addRowsVariant(at(node.inputs, 0).shape)],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [1] }),
  reference: (inputs) => [addRowsReference(at(inputs, 0), at(inputs, 1))],
}
