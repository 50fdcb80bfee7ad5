/** `row-broadcast`: `source: [M]` → `[M, length]`, each value times `scale` along its row. The gradient of `row-sum`. */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { rowBroadcastReference } from './row-broadcast.ref.ts'
import { rowBroadcastVariant } from './row-broadcast.wgsl.ts'

export interface RowBroadcastAttributes {
  readonly length: number
  readonly scale: number
}

export const rowBroadcast: OpDefinition<RowBroadcastAttributes> = {
  name: 'row-broadcast',
  infer(inputs, { length }) {
    expectInputs('row-broadcast', inputs, 1)
    const { shape } = at(inputs, 0)
    if (shape.length !== 1) throw shapeMismatch('row-broadcast', 'a vector is needed', inputs)
    return [{ shape: [at(shape, 0), length], dtype: 'f32' }]
  },
  variants: (node) => [rowBroadcastVariant(at(at(node.inputs, 0).shape, 0), node.attributes)],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [rowBroadcastReference(at(inputs, 0), node.attributes)],
}
