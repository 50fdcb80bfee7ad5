/**
 * `pointwise-loss`: the losses that compare number by number, and their gradient in the same pass.
 *
 *   `prediction: [B, D]`, `target: [B, D]` f32  →  `rowStats: [B, 4]`, `gradient: [B, D]` (where wanted)
 *
 * PyTorch's MSELoss, L1Loss, HuberLoss and BCEWithLogitsLoss. A row of `rowStats` is (Σ loss, D, 0, 0): the weight counts
 * elements, so lossSum / weight is PyTorch's mean over elements. `gradient` is of the sum. Rows ≥ `step.count` count for
 * nothing.
 */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { pointwiseLossReference } from './pointwise-loss.ref.ts'
import { pointwiseLossVariants } from './pointwise-loss.wgsl.ts'
import type { PointwiseLossAttributes } from './types.ts'

export const pointwiseLoss: OpDefinition<PointwiseLossAttributes> = {
  name: 'pointwise-loss',
  infer(inputs, { withGradient }) {
    expectInputs('pointwise-loss', inputs, 2)
    const prediction = at(inputs, 0)
    if (prediction.shape.length !== 2 || !sameShape(prediction, at(inputs, 1)) || at(inputs, 1).dtype !== 'f32') {
      throw shapeMismatch('pointwise-loss', 'prediction and f32 target must have one shape [B, D]', inputs)
    }
    const rowStats = { shape: [at(prediction.shape, 0), 4], dtype: 'f32' } as const
    return withGradient ? [rowStats, prediction] : [rowStats]
  },
  gradient({ outputs }) {
    return [at(outputs, 1), null]
  },
  variants: (node, caps) => pointwiseLossVariants(at(node.inputs, 0).shape, node.attributes, caps),
  split: (node, maxBytes) =>
    splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), attributes: ({ first }) => ({ ...node.attributes, firstRow: first }) }),
  reference: (inputs, node, step) =>
    pointwiseLossReference(at(inputs, 0), at(inputs, 1), at(node.inputs, 0).shape, node.attributes, step.count, step.lossScale),
}
