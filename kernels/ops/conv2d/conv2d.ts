/**
 * `conv2d`: cross-correlation, as PyTorch's.
 *
 *   `x: [B, C, H, W]`, `weight: [O, C/groups, kh, kw]`, optional `bias: [O]`  →  `[B, O, H', W']`, H' = ⌊(H + 2·padding − kh)/stride⌋ + 1
 */
import { KernelError } from '../../errors.ts'
import { activationRules } from '../activation.ts'
import { at, shapeMismatch } from '../check.ts'
import { conv2dInputGrad } from '../conv2d-input-grad/conv2d-input-grad.ts'
import { weightGradient } from '../conv2d-weight-grad/conv2d-weight-grad.ts'
import type { OpDefinition } from '../op.ts'
import { sumPerChannel } from '../row-sum/row-sum.ts'
import { splitRows } from '../split.ts'
import { conv2dReference } from './conv2d.ref.ts'
import { conv2dVariants } from './conv2d.wgsl.ts'
import { type Conv2dAttributes, convSizes } from './types.ts'

export const conv2d: OpDefinition<Conv2dAttributes> = {
  name: 'conv2d',
  infer(inputs, attributes) {
    if (inputs.length < 2 || inputs.length > 3) throw shapeMismatch('conv2d', 'an image, a weight and at most a bias are needed', inputs)
    const [x, weight] = [at(inputs, 0), at(inputs, 1)]
    if (x.shape.length !== 4 || weight.shape.length !== 4) throw shapeMismatch('conv2d', 'x [B, C, H, W] and weight [O, C/groups, kh, kw] are needed', inputs)
    const sizes = convSizes(x.shape, weight.shape, attributes)
    if (sizes.groupIn * attributes.groups !== sizes.inChannels || sizes.outChannels % attributes.groups !== 0) {
      throw shapeMismatch('conv2d', `channels must divide into ${attributes.groups} groups and fit the weight`, inputs)
    }
    if (sizes.outSize.some((size) => size < 1)) throw shapeMismatch('conv2d', 'the kernel must fit the padded image', inputs)
    const bias = inputs[2]
    if (bias && (bias.shape.length !== 1 || bias.shape[0] !== sizes.outChannels))
      throw shapeMismatch('conv2d', `the bias must be [${sizes.outChannels}]`, inputs)
    return [{ shape: [sizes.batch, sizes.outChannels, ...sizes.outSize], dtype: 'f32' }]
  },
  gradient({ graph, attributes, inputs, outputGradients, needs }) {
    if (attributes.activation !== undefined) throw new KernelError('UNSUPPORTED', 'conv2d: gradients must be taken before the epilogue is fused')
    const g = outputGradients[0]
    if (!g) return inputs.map(() => null)
    const [x, weight] = [at(inputs, 0), at(inputs, 1)]
    const { outChannels, outSize } = convSizes(x.shape, weight.shape, attributes)
    const dx = () => graph.one(conv2dInputGrad, [g, weight], { ...attributes, inSize: [at(x.shape, 2), at(x.shape, 3)] as const })
    return [
      needs[0] ? dx() : null,
      needs[1] ? weightGradient(graph, g, x, attributes, weight.shape) : null,
      ...(inputs.length === 3 ? [needs[2] ? sumPerChannel(graph, g, outChannels, outSize[0] * outSize[1]) : null] : []),
    ]
  },
  fuseActivation: (attributes, activation) => (attributes.activation === undefined ? { ...attributes, activation } : null),
  half: { operands: [0, 1], results: [0] },
  variants: (node, caps) =>
    conv2dVariants(
      convSizes(at(node.inputs, 0).shape, at(node.inputs, 1).shape, node.attributes),
      {
        storage: { operands: at(node.inputs, 0).dtype, result: at(node.outputs, 0).dtype },
        hasBias: node.inputs.length === 3,
        activation: node.attributes.activation ?? null,
      },
      caps,
    ),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [1, 2] }),
  reference(inputs, node) {
    const y = conv2dReference(inputs, convSizes(at(node.inputs, 0).shape, at(node.inputs, 1).shape, node.attributes))
    const { activation } = node.attributes
    return [activation === undefined ? y : y.map(activationRules(activation).reference)]
  },
}
