/**
 * `maxpool2d`: `x: [B, C, H, W]` → `y: [B, C, H', W']`, `places: [B, C, H', W']` i32: where in its plane each maximum lies
 * (the first one, as PyTorch has it). Padding counts for nothing: it is at most half the kernel, so no window is all padding.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { maxpool2dGrad } from '../maxpool2d-grad/maxpool2d-grad.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { maxpool2dReference } from './maxpool2d.ref.ts'
import { maxpool2dVariants } from './maxpool2d.wgsl.ts'
import { type PoolAttributes, poolSizes } from './types.ts'

export const maxpool2d: OpDefinition<PoolAttributes> = {
  name: 'maxpool2d',
  infer(inputs, attributes) {
    expectInputs('maxpool2d', inputs, 1)
    const { shape } = at(inputs, 0)
    const { outSize } = poolSizes(shape, attributes)
    if (shape.length !== 4 || outSize.some((size) => size < 1)) throw shapeMismatch('maxpool2d', 'x [B, C, H, W] that the kernel fits is needed', inputs)
    const output = [at(shape, 0), at(shape, 1), ...outSize]
    return [
      { shape: output, dtype: 'f32' },
      { shape: output, dtype: 'i32' },
    ]
  },
  gradient({ graph, attributes, inputs, outputs, outputGradients }) {
    const g = outputGradients[0]
    const { shape } = at(inputs, 0)
    return [g ? graph.one(maxpool2dGrad, [g, at(outputs, 1)], { ...attributes, inSize: [at(shape, 2), at(shape, 3)] as const }) : null]
  },
  variants: (node) => maxpool2dVariants(poolSizes(at(node.inputs, 0).shape, node.attributes)),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => maxpool2dReference(at(inputs, 0), poolSizes(at(node.inputs, 0).shape, node.attributes)),
}
