/**
 * `norm-grad`: `gradient: [R, L]`, `x: [R, L]`, `stats: [R, 2]`, `scale: [C]` → d(loss)/d(x).
 *
 * With x̂ the normalised row and h = gradient·scale: dx = (h − mean(h) − x̂·mean(h·x̂))/σ; without the second term for RMS norm.
 */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { NormAttributes } from '../norm/types.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { normGradReference } from './norm-grad.ref.ts'
import { normGradVariants } from './norm-grad.wgsl.ts'

export const normGrad: OpDefinition<NormAttributes> = {
  name: 'norm-grad',
  infer(inputs) {
    expectInputs('norm-grad', inputs, 4)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('norm-grad', 'gradient and input must have one shape', inputs)
    return [at(inputs, 0)]
  },
  variants: (node, caps) => normGradVariants(at(at(node.inputs, 0).shape, 0), node.attributes, caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) / node.attributes.groups, whole: [3] }),
  reference: (inputs, node) => [normGradReference(inputs, node.attributes)],
}
