/**
 * `attention-grad`: `qkv: [B, T, 3·D]`, `gradient: [B, T, D]`, `logSums: [B, heads, T]`, `dots: [B·T·heads]` (gradient·y
 * of each row) → d(loss)/d(qkv). Each position gathers its query's gradient from the keys before it, and its key's and
 * value's from the queries after it: nothing is added across invocations.
 */

import { tileShapes } from '../attention/tile.wgsl.ts'
import { type AttentionAttributes, attentionSizes } from '../attention/types.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { attentionGradReference } from './attention-grad.ref.ts'
import { attentionGradVariant } from './attention-grad.wgsl.ts'
import { attentionGradTileVariant } from './tile.wgsl.ts'

export const attentionGrad: OpDefinition<AttentionAttributes> = {
  name: 'attention-grad',
  infer(inputs, { heads }) {
    expectInputs('attention-grad', inputs, 4)
    const { batch, length, width } = attentionSizes(at(inputs, 0), heads)
    const [b, t, d] = at(inputs, 1).shape
    if (b !== batch || t !== length || d !== width) throw shapeMismatch('attention-grad', `a gradient of [${batch}, ${length}, ${width}] is needed`, inputs)
    if (at(inputs, 0).dtype !== at(inputs, 1).dtype) throw shapeMismatch('attention-grad', 'qkv and gradient of one type are needed', inputs)
    return [{ shape: at(inputs, 0).shape, dtype: 'f32' }]
  },
  half: { operands: [0, 1] },
  variants: (node, caps) => {
    const sizes = attentionSizes(at(node.inputs, 0), node.attributes.heads)
    return [...tileShapes(sizes, caps).map((shape) => attentionGradTileVariant(sizes, node.attributes, shape)), attentionGradVariant(sizes, node.attributes)]
  },
  split: (node, maxBytes) =>
    splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), attributes: ({ first }) => ({ ...node.attributes, firstSample: first }) }),
  reference: (inputs, node, step) => [attentionGradReference(inputs, attentionSizes(at(node.inputs, 0), node.attributes.heads), node.attributes, step)],
}
