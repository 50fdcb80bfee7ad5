/**
 * `batchnorm-grad`: `gradient`, `x: [B, C, S]`, `mean`, `inverse`, `scale: [C]` → `dx: [B, C, S]`, `dScale: [C]`, `dShift: [C]`.
 *
 * dx = scale·inverse·(g − mean(g) − x̂·mean(g·x̂)) over the samples of the batch, 0 for samples ≥ `step.count`: they have
 * no part in the batch, and what lies before must not learn from them.
 */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { batchnormGradReference } from './batchnorm-grad.ref.ts'
import { batchnormGradVariants } from './batchnorm-grad.wgsl.ts'

export const batchnormGrad: OpDefinition<Record<never, never>> = {
  name: 'batchnorm-grad',
  infer(inputs) {
    expectInputs('batchnorm-grad', inputs, 5)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('batchnorm-grad', 'gradient and input must have one shape', inputs)
    return [at(inputs, 0), at(inputs, 4), at(inputs, 4)]
  },
  variants: (node, caps) => batchnormGradVariants(at(node.inputs, 0).shape, caps),
  reference: (inputs, node, step) => batchnormGradReference(inputs, at(node.inputs, 0).shape, step.count),
}
