/**
 * `batchnorm`: batch norm while training, with the statistics of this batch.
 *
 *   `x: [B, C, S]`, `scale: [C]`, `shift: [C]`  →  `y: [B, C, S]`, `mean: [C]`, `inverse: [C]`, `variance: [C]`
 *
 * `inverse` = 1/√(biased variance + ε), what `y` is made with; `variance` is the unbiased one, what PyTorch's running
 * variance follows. Samples ≥ `step.count` are no part of the batch: they neither enter the statistics nor get a gradient.
 */

import { tensorBytes } from '../../plan/types.ts'
import { batchnormGrad } from '../batchnorm-grad/batchnorm-grad.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { rowRanges, rowsOf, whole } from '../split.ts'
import { batchnormReference } from './batchnorm.ref.ts'
import { batchnormVariants } from './batchnorm.wgsl.ts'
import type { BatchNormAttributes } from './types.ts'

export const batchnorm: OpDefinition<BatchNormAttributes> = {
  name: 'batchnorm',
  infer(inputs) {
    expectInputs('batchnorm', inputs, 3)
    const { shape } = at(inputs, 0)
    if (shape.length !== 3 || !inputs.slice(1).every((vector) => vector.shape.length === 1 && vector.shape[0] === shape[1])) {
      throw shapeMismatch('batchnorm', 'x [B, C, S] and two vectors [C] are needed', inputs)
    }
    const perChannel = { shape: [at(shape, 1)], dtype: 'f32' } as const
    return [at(inputs, 0), perChannel, perChannel, perChannel]
  },
  gradient({ graph, inputs, outputs, outputGradients, needs }) {
    const g = outputGradients[0]
    if (!g) return inputs.map(() => null)
    const [dx, dScale, dShift] = graph.add(batchnormGrad, [g, at(inputs, 0), at(outputs, 1), at(outputs, 2), at(inputs, 1)], {})
    return [dx, dScale, dShift].map((gradient, i) => (needs[i] ? (gradient ?? null) : null))
  },
  variants: (node, caps) => batchnormVariants(at(node.inputs, 0).shape, node.attributes, caps),
  split(node, maxBytes) {
    const { attributes, inputs, outputs } = node
    const samples = at(at(inputs, 0).shape, 0)
    const ranges = rowRanges(samples, [tensorBytes(at(inputs, 0)) / samples], maxBytes)
    if (ranges === null) return null
    return (['mean', 'square', 'apply'] as const).flatMap((stage) =>
      ranges.map((range) => {
        const { first, count } = range
        const pieceInputs = [rowsOf(at(inputs, 0), samples, range), ...inputs.slice(1).map(whole)]
        const pieceOutputs = [rowsOf(at(outputs, 0), samples, range), ...outputs.slice(1).map(whole)]
        return {
          attributes: { ...attributes, part: { stage, first, samples, finishes: first + count === samples } },
          inputs: pieceInputs,
          outputs: pieceOutputs,
          measuredAs: { attributes, inputs: pieceInputs, outputs: pieceOutputs },
        }
      }),
    )
  },
  reference: (inputs, node, step) => batchnormReference(inputs, at(node.inputs, 0).shape, node.attributes.eps, step.count),
}
