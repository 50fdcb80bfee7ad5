/** `avgpool2d`: `x: [B, C, H, W]` → `[B, C, H', W']`, sums over windows divided by the kernel's size: padding counts as zeros, as PyTorch has it. */
import { avgpool2dGrad } from '../avgpool2d-grad/avgpool2d-grad.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { type PoolAttributes, poolSizes } from '../maxpool2d/types.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { avgpool2dReference } from './avgpool2d.ref.ts'
import { avgpool2dVariant } from './avgpool2d.wgsl.ts'

export const avgpool2d: OpDefinition<PoolAttributes> = {
  name: 'avgpool2d',
  infer(inputs, attributes) {
    expectInputs('avgpool2d', inputs, 1)
    const { shape } = at(inputs, 0)
    const { outSize } = poolSizes(shape, attributes)
    if (shape.length !== 4 || outSize.some((size) => size < 1)) throw shapeMismatch('avgpool2d', 'x [B, C, H, W] that the kernel fits is needed', inputs)
    return [{ shape: [at(shape, 0), at(shape, 1), ...outSize], dtype: 'f32' }]
  },
  gradient({ graph, attributes, inputs, outputGradients }) {
    const g = outputGradients[0]
    const { shape } = at(inputs, 0)
    return [g ? graph.one(avgpool2dGrad, [g], { ...attributes, inSize: [at(shape, 2), at(shape, 3)] as const }) : null]
  },
  variants: (node) => [avgpool2dVariant(poolSizes(at(node.inputs, 0).shape, node.attributes))],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [avgpool2dReference(at(inputs, 0), poolSizes(at(node.inputs, 0).shape, node.attributes))],
}
