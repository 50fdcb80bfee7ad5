/**
 * `attention`: causal multi-head attention.
 *
 *   `qkv: [B, T, 3·D]`  →  `y: [B, T, D]`, `logSums: [B, heads, T]`
 *
 * y = softmax(q·kᵀ/√depth)·v over positions up to one's own, head by head. The weights are never stored: `logSums` is the
 * logarithm of each row's sum of exponentials, from which the backward pass makes them again.
 */
import { attentionGrad } from '../attention-grad/attention-grad.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { reshape } from '../reshape/reshape.ts'
import { rowDot } from '../row-dot/row-dot.ts'
import { splitRows } from '../split.ts'
import { attentionReference } from './attention.ref.ts'
import { attentionVariant } from './attention.wgsl.ts'
import { attentionTileVariant, tileShapes } from './tile.wgsl.ts'
import { type AttentionAttributes, attentionSizes } from './types.ts'

export const attention: OpDefinition<AttentionAttributes> = {
  name: 'attention',
  infer(inputs, { heads }) {
    expectInputs('attention', inputs, 1)
    const { batch, length, width, depth } = attentionSizes(at(inputs, 0), heads)
    if (at(inputs, 0).shape.length !== 3 || !Number.isInteger(width) || !Number.isInteger(depth)) {
      throw shapeMismatch('attention', `qkv [B, T, 3·D] with D a multiple of ${heads} heads is needed`, inputs)
    }
    return [
      { shape: [batch, length, width], dtype: 'f32' },
      { shape: [batch, heads, length], dtype: 'f32' },
    ]
  },
  gradient({ graph, attributes, inputs, outputs, outputGradients }) {
    const g = outputGradients[0]
    if (!g) return [null]
    const [y, logSums] = [at(outputs, 0), at(outputs, 1)]
    const { batch, length, heads, depth } = attentionSizes(at(inputs, 0), attributes.heads)
    const perHead = (tensor: typeof g) => graph.one(reshape, [tensor], { shape: [batch * length * heads, depth] })
    const dots = graph.one(rowDot, [perHead(g), perHead(y)], {})
    return [graph.one(attentionGrad, [at(inputs, 0), g, logSums, dots], attributes)]
  },
  half: { operands: [0] },
  variants: (node, caps) => {
    const sizes = attentionSizes(at(node.inputs, 0), node.attributes.heads)
    return [...tileShapes(sizes, caps).map((shape) => attentionTileVariant(sizes, node.attributes, shape)), attentionVariant(sizes, node.attributes)]
  },
  split: (node, maxBytes) =>
    splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), attributes: ({ first }) => ({ ...node.attributes, firstSample: first }) }),
  reference: (inputs, node, step) => attentionReference(at(inputs, 0), attentionSizes(at(node.inputs, 0), node.attributes.heads), node.attributes, step),
}
