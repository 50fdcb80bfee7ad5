/**
 * `conv2d-input-grad`: `gradient: [B, O, H', W']`, `weight: [O, C/groups, kh, kw]` → d(loss)/d(x) `[B, C, H, W]`. Each
 * input element gathers from the outputs that it took part in: no atomics, a fixed order.
 */

import { at, expectInputs, shapeMismatch } from '../check.ts'
import { type ConvAttributes, type ConvSizes, convSizes } from '../conv2d/types.ts'
import type { OpDefinition, TensorType } from '../op.ts'
import { splitRows } from '../split.ts'
import { conv2dInputGradReference } from './conv2d-input-grad.ref.ts'
import { conv2dInputGradVariants } from './conv2d-input-grad.wgsl.ts'

export interface InputGradAttributes extends ConvAttributes {
  /** Height and width of the input: several lead to one output size. */
  readonly inSize: readonly [number, number]
}

function sizesOf(inputs: readonly TensorType[], attributes: InputGradAttributes): ConvSizes {
  const [batch = 0] = at(inputs, 0).shape
  const weight = at(inputs, 1).shape
  return convSizes([batch, (weight[1] ?? 0) * attributes.groups, ...attributes.inSize], weight, attributes)
}

export const conv2dInputGrad: OpDefinition<InputGradAttributes> = {
  name: 'conv2d-input-grad',
  infer(inputs, attributes) {
    expectInputs('conv2d-input-grad', inputs, 2)
    const { batch, inChannels, outChannels, inSize, outSize } = sizesOf(inputs, attributes)
    const [, channels, height, width] = at(inputs, 0).shape
    if (channels !== outChannels || height !== outSize[0] || width !== outSize[1]) {
      throw shapeMismatch('conv2d-input-grad', `a gradient of [${batch}, ${outChannels}, ${outSize.join(', ')}] is needed`, inputs)
    }
    return [{ shape: [batch, inChannels, ...inSize], dtype: 'f32' }]
  },
  half: { operands: [0, 1], results: [0] },
  variants: (node, caps) =>
    conv2dInputGradVariants(sizesOf(node.inputs, node.attributes), { operands: at(node.inputs, 0).dtype, result: at(node.outputs, 0).dtype }, caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [1] }),
  reference: (inputs, node) => [conv2dInputGradReference(inputs, sizesOf(node.inputs, node.attributes))],
}
