/**
 * `maxpool2d-grad`: `gradient`, `places: [B, C, H', W']` → d(loss)/d(x) `[B, C, H, W]`: each input gathers from the windows
 * whose maximum it is.
 */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import { type PoolAttributes, type PoolSizes, poolSizes } from '../maxpool2d/types.ts'
import type { OpDefinition, TensorType } from '../op.ts'
import { splitRows } from '../split.ts'
import { maxpool2dGradReference } from './maxpool2d-grad.ref.ts'
import { maxpool2dGradVariants } from './maxpool2d-grad.wgsl.ts'

export interface PoolGradAttributes extends PoolAttributes {
  readonly inSize: readonly [number, number]
}

export function gradSizes(gradient: TensorType, attributes: PoolGradAttributes): PoolSizes {
  return poolSizes([at(gradient.shape, 0), at(gradient.shape, 1), ...attributes.inSize], attributes)
}

export const maxpool2dGrad: OpDefinition<PoolGradAttributes> = {
  name: 'maxpool2d-grad',
  infer(inputs, attributes) {
    expectInputs('maxpool2d-grad', inputs, 2)
    const gradient = at(inputs, 0)
    if (!sameShape(gradient, at(inputs, 1)) || at(inputs, 1).dtype !== 'i32')
      throw shapeMismatch('maxpool2d-grad', 'gradient and i32 places must have one shape', inputs)
    return [{ shape: [at(gradient.shape, 0), at(gradient.shape, 1), ...attributes.inSize], dtype: 'f32' }]
  },
  variants: (node) => maxpool2dGradVariants(gradSizes(at(node.inputs, 0), node.attributes)),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [maxpool2dGradReference(at(inputs, 0), at(inputs, 1), gradSizes(at(node.inputs, 0), node.attributes))],
}
