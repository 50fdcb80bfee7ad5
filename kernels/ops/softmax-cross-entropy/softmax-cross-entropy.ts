/**
 * `softmax-cross-entropy`: the loss and its gradient in one pass over the logits.
 *
 *   `logits: [R, C]` f32, `labels: [R]` i32  →  `rowStats: [R, 4]`, `gradient: [R, C]` (where wanted)
 *
 * A row of `rowStats` is (loss, weight, correct, 0): summed over rows they are the batch's statistics. `gradient` is
 * d(Σ loss)/d(logits), a sum and not a mean. R = samples · rowsPerSample; rows of samples ≥ `step.count` and rows labelled `ignoreIndex` count for
 * nothing and have a zero gradient. Label smoothing is PyTorch's: (1 − ε)·nll + ε·mean over classes of −log p.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { softmaxCrossEntropyReference } from './softmax-cross-entropy.ref.ts'
import { softmaxCrossEntropyVariants } from './softmax-cross-entropy.wgsl.ts'
import type { CrossEntropyAttributes } from './types.ts'

export const softmaxCrossEntropy: OpDefinition<CrossEntropyAttributes> = {
  name: 'softmax-cross-entropy',
  infer(inputs, { withGradient }) {
    expectInputs('softmax-cross-entropy', inputs, 2)
    const logits = at(inputs, 0)
    const labels = at(inputs, 1)
    if (logits.shape.length !== 2 || labels.shape.length !== 1 || labels.shape[0] !== logits.shape[0] || labels.dtype !== 'i32') {
      throw shapeMismatch('softmax-cross-entropy', 'logits [R, C] and i32 labels [R] are needed', inputs)
    }
    const rowStats = { shape: [at(logits.shape, 0), 4], dtype: 'f32' } as const
    return withGradient ? [rowStats, logits] : [rowStats]
  },
  gradient({ outputs }) {
    return [at(outputs, 1), null]
  },
  half: { results: [1] },
  variants: ({ attributes, inputs, outputs }, caps) =>
    softmaxCrossEntropyVariants(at(inputs, 0).shape, { ...attributes, gradientType: outputs[1]?.dtype ?? 'f32' }, caps),
  split: (node, maxBytes) =>
    splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), attributes: ({ first }) => ({ ...node.attributes, firstRow: first }) }),
  reference: (inputs, node, step) =>
    softmaxCrossEntropyReference(at(inputs, 0), at(inputs, 1), at(node.inputs, 0).shape, node.attributes, step.count, step.lossScale),
}
