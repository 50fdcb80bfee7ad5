/** `softmax`: exponentials that sum to 1 along `dim`, which counts as PyTorch's does: 0 is the batch, -1 the last dimension. */
import { reshape } from '../ops/reshape/reshape.ts'
import { softmax as softmaxOp } from '../ops/softmax/softmax.ts'
import type { LayerDefinition } from './layer.ts'

/** As many dimensions as a job file's input may have, and the batch. */
const MAX_DIM = 8

/** From 1, the batch being 0. `rank`: with the batch. */
function axisOf(dim: number, rank: number): number {
  const axis = dim < 0 ? rank + dim : dim
  if (axis < 1 || axis >= rank) throw new Error(`"dim" to be from 1 to ${rank - 1}, or from -1 to -${rank - 1}, got ${dim}`)
  return axis
}

export const softmax: LayerDefinition = {
  type: 'softmax',
  summary: 'exponentials that sum to 1 (losses have their own: cross-entropy takes logits)',
  options: { dim: { type: 'integer', min: -MAX_DIM, max: MAX_DIM, default: -1, help: 'dimension, 0 being the batch and -1 the last' } },
  shapes(input, options) {
    axisOf(options.dim as number, input.length + 1)
    return { output: input, parameters: [] }
  },
  build(context, x, options) {
    const axis = axisOf(options.dim as number, x.shape.length)
    const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1)
    const lines = [product(x.shape.slice(0, axis)), x.shape[axis] ?? 0, product(x.shape.slice(axis + 1))]
    const y = context.graph.one(softmaxOp, [context.graph.one(reshape, [x], { shape: lines })], {})
    return context.graph.one(reshape, [y], { shape: x.shape })
  },
}
