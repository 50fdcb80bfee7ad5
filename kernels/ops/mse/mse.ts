/**
 * `mse`: squared error and its gradient.
 *
 *   `prediction: [B, D]`, `target: [B, D]` f32  →  `rowStats: [B, 4]`, `gradient: [B, D]` (where wanted)
 *
 * A row of `rowStats` is (Σ d², D, 0, 0): the weight counts elements, so loss = lossSum / weight is PyTorch's mean over
 * elements. `gradient` = 2·(prediction − target), of the sum. Rows ≥ `step.count` count for nothing.
 */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { mseReference } from './mse.ref.ts'
import { mseVariants } from './mse.wgsl.ts'

export interface MseAttributes {
  readonly withGradient: boolean
}

export const mse: OpDefinition<MseAttributes> = {
  name: 'mse',
  infer(inputs, { withGradient }) {
    expectInputs('mse', inputs, 2)
    const prediction = at(inputs, 0)
    if (prediction.shape.length !== 2 || !sameShape(prediction, at(inputs, 1)) || at(inputs, 1).dtype !== 'f32') {
      throw shapeMismatch('mse', 'prediction and f32 target must have one shape [B, D]', inputs)
    }
    const rowStats = { shape: [at(prediction.shape, 0), 4], dtype: 'f32' } as const
    return withGradient ? [rowStats, prediction] : [rowStats]
  },
  gradient({ outputs }) {
    return [at(outputs, 1), null]
  },
  variants: (node, caps) => mseVariants(at(node.inputs, 0).shape, node.attributes.withGradient, caps),
  reference: (inputs, node, step) => mseReference(at(inputs, 0), at(inputs, 1), at(node.inputs, 0).shape, node.attributes.withGradient, step.count),
}
