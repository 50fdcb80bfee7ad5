/**
 * `norm-scale-grad`: `gradient: [R, L]`, `x: [R, L]`, `stats: [R, 2]` → gradient·x̂ `[R, L]`, which summed per channel is
 * the gradient of a norm's scale.
 */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { normScaleGradReference } from './norm-scale-grad.ref.ts'
import { normScaleGradVariant } from './norm-scale-grad.wgsl.ts'

export const normScaleGrad: OpDefinition<Record<never, never>> = {
  name: 'norm-scale-grad',
  infer(inputs) {
    expectInputs('norm-scale-grad', inputs, 3)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('norm-scale-grad', 'gradient and input must have one shape', inputs)
    return [at(inputs, 0)]
  },
  variants: (node) => [normScaleGradVariant(at(node.inputs, 0).shape)],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [normScaleGradReference(inputs, at(at(node.inputs, 0).shape, 1))],
}
