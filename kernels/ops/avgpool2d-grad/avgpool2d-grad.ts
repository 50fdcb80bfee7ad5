/** `avgpool2d-grad`: `gradient: [B, C, H', W']` → d(loss)/d(x) `[B, C, H, W]`. */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { gradSizes, type PoolGradAttributes } from '../maxpool2d-grad/maxpool2d-grad.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { avgpool2dGradReference } from './avgpool2d-grad.ref.ts'
import { avgpool2dGradVariant } from './avgpool2d-grad.wgsl.ts'

export const avgpool2dGrad: OpDefinition<PoolGradAttributes> = {
  name: 'avgpool2d-grad',
  infer(inputs, attributes) {
    expectInputs('avgpool2d-grad', inputs, 1)
    const gradient = at(inputs, 0)
    if (gradient.shape.length !== 4) throw shapeMismatch('avgpool2d-grad', 'a gradient [B, C, H, W] is needed', inputs)
    return [{ shape: [at(gradient.shape, 0), at(gradient.shape, 1), ...attributes.inSize], dtype: 'f32' }]
  },
  variants: (node) => [avgpool2dGradVariant(gradSizes(at(node.inputs, 0), node.attributes))],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [avgpool2dGradReference(at(inputs, 0), gradSizes(at(node.inputs, 0), node.attributes))],
}
