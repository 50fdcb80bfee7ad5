/**
 * `batchnorm-grad`: `gradient`, `x: [B, C, S]`, `mean`, `inverse`, `scale: [C]` → `dx: [B, C, S]`, `dScale: [C]`, `dShift: [C]`.
 *
 * dx = scale·inverse·(g − mean(g) − x̂·mean(g·x̂)) over the samples of the batch, 0 for samples ≥ `step.count`: they have
 * no part in the batch, and what lies before must not learn from them.
 */
import { tensorBytes } from '../../plan/types.ts'
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { rowRanges, rowsOf, whole } from '../split.ts'
import { batchnormGradReference } from './batchnorm-grad.ref.ts'
import { batchnormGradVariants } from './batchnorm-grad.wgsl.ts'

export interface BatchNormGradAttributes {
  /** Of a piece of a larger node: what it does, with which samples (as `BatchNormPart`). */
  readonly part?: { readonly stage: 'sums' | 'apply'; readonly first: number; readonly samples: number }
}

export const batchnormGrad: OpDefinition<BatchNormGradAttributes> = {
  name: 'batchnorm-grad',
  infer(inputs) {
    expectInputs('batchnorm-grad', inputs, 5)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('batchnorm-grad', 'gradient and input must have one shape', inputs)
    return [at(inputs, 0), at(inputs, 4), at(inputs, 4)]
  },
  variants: (node, caps) => batchnormGradVariants(at(node.inputs, 0).shape, node.attributes, caps),
  split(node, maxBytes) {
    const { inputs, outputs } = node
    const samples = at(at(inputs, 0).shape, 0)
    const ranges = rowRanges(samples, [tensorBytes(at(inputs, 0)) / samples], maxBytes)
    if (ranges === null) return null
    return (['sums', 'apply'] as const).flatMap((stage) =>
      ranges.map((range) => {
        const pieceInputs = inputs.map((input, i) => (i < 2 ? rowsOf(input, samples, range) : whole(input)))
        const pieceOutputs = outputs.map((output, i) => (i < 1 ? rowsOf(output, samples, range) : whole(output)))
        const part = { stage, first: range.first, samples }
        return { attributes: { part }, inputs: pieceInputs, outputs: pieceOutputs, measuredAs: { attributes: {}, inputs: pieceInputs, outputs: pieceOutputs } }
      }),
    )
  },
  reference: (inputs, node, step) => batchnormGradReference(inputs, at(node.inputs, 0).shape, step.count),
}
