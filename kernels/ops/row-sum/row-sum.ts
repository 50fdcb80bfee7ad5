/**
 * `row-sum`: `source: [M, N]` → `[M]`, the sum of each row times `scale`. With scale 1/N it is the mean (global average
 * pooling); `sumPerChannel` is what the gradients of biases and norms of images need.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { sumColumns } from '../column-sum/column-sum.ts'
import type { GraphBuilder, OpDefinition, Tensor } from '../op.ts'
import { reshape } from '../reshape/reshape.ts'
import { rowBroadcast } from '../row-broadcast/row-broadcast.ts'
import { splitRows } from '../split.ts'
import { rowSumReference } from './row-sum.ref.ts'
import { rowSumVariants } from './row-sum.wgsl.ts'

export interface RowSumAttributes {
  readonly scale: number
}

export const rowSum: OpDefinition<RowSumAttributes> = {
  name: 'row-sum',
  infer(inputs) {
    expectInputs('row-sum', inputs, 1)
    const { shape } = at(inputs, 0)
    if (shape.length !== 2) throw shapeMismatch('row-sum', 'a matrix is needed', inputs)
    return [{ shape: [at(shape, 0)], dtype: 'f32' }]
  },
  gradient({ graph, attributes, inputs, outputGradients }) {
    const gradient = outputGradients[0]
    return [gradient ? graph.one(rowBroadcast, [gradient], { length: at(at(inputs, 0).shape, 1), scale: attributes.scale }) : null]
  },
  half: { accepts: [0] },
  variants: (node, caps) => rowSumVariants(at(node.inputs, 0), node.attributes.scale, caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [rowSumReference(at(inputs, 0), at(node.inputs, 0).shape, node.attributes.scale)],
}

/** `source: [..., C, S]` as `channels` and `spatial` say → `[C]`, summed over everything else, in a fixed order. */
export function sumPerChannel(graph: GraphBuilder, source: Tensor, channels: number, spatial: number): Tensor {
  const rows = source.shape.reduce((product, size) => product * size, 1) / spatial
  const matrix = graph.one(reshape, [source], { shape: spatial === 1 ? [rows / channels, channels] : [rows, spatial] })
  const perSample = spatial === 1 ? matrix : graph.one(reshape, [graph.one(rowSum, [matrix], { scale: 1 })], { shape: [rows / channels, channels] })
  return graph.one(reshape, [sumColumns(graph, perSample)], { shape: [channels] })
}
