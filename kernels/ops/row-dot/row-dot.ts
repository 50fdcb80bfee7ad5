/** `row-dot`: `a`, `b: [M, N]` → `[M]`, the product of each pair of rows summed up. Part of attention's backward pass. */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { rowDotReference } from './row-dot.ref.ts'
import { rowDotVariants } from './row-dot.wgsl.ts'

export const rowDot: OpDefinition<Record<never, never>> = {
  name: 'row-dot',
  infer(inputs) {
    expectInputs('row-dot', inputs, 2)
    if (at(inputs, 0).shape.length !== 2 || !sameShape(at(inputs, 0), at(inputs, 1)))
      throw shapeMismatch('row-dot', 'two matrices of one shape are needed', inputs)
    return [{ shape: [at(at(inputs, 0).shape, 0)], dtype: 'f32' }]
  },
  half: { accepts: [0, 1] },
  variants: (node, caps) => rowDotVariants(at(node.inputs, 0), at(node.inputs, 1), caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [rowDotReference(at(inputs, 0), at(inputs, 1), at(node.inputs, 0).shape)],
}
