/**
 * `conv2d`: cross-correlation over images. `x: [B, C, H, W]`, `weight: [channels, C/groups, kh, kw]`, `bias: [channels]`.
 * Starts as PyTorch's nn.Conv2d does: weight and bias uniform in ±1/√(C/groups·kh·kw).
 */
import { conv2d as conv2dOp } from '../ops/conv2d/conv2d.ts'
import { windowsAlong } from '../ops/conv2d/types.ts'
import { type LayerDefinition, type OptionValues, pairOf } from './layer.ts'

const attributesOf = (options: OptionValues) => ({
  stride: pairOf(options.stride),
  padding: pairOf(options.padding),
  groups: options.groups as number,
})

export const conv2d: LayerDefinition = {
  type: 'conv2d',
  summary: 'convolution over images [C, H, W]',
  options: {
    channels: { type: 'integer', min: 1, max: 65_536, help: 'output channels' },
    kernel: { type: 'pair', min: 1, max: 1024, help: 'height and width of the kernel' },
    stride: { type: 'pair', min: 1, max: 1024, default: 1, help: 'step of the kernel' },
    padding: { type: 'pair', min: 0, max: 1024, default: 0, help: 'zeros around the image' },
    groups: { type: 'integer', min: 1, max: 65_536, default: 1, help: 'channels are split into so many groups, each convolved alone' },
    bias: { type: 'boolean', default: true, help: 'adds a learned number per channel' },
  },
  shapes(input, options) {
    const [inChannels = 0, height = 0, width = 0] = imageOf(input)
    const channels = options.channels as number
    const { stride, padding, groups } = attributesOf(options)
    const kernel = pairOf(options.kernel)
    if (inChannels % groups !== 0) throw new Error(`channels that divide into ${groups} groups`)
    if (channels % groups !== 0) throw new Error(`"channels" to divide into ${groups} groups, got ${channels}`)
    const size = placesOf([height, width], kernel, stride, padding)
    const groupIn = inChannels / groups
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(groupIn * kernel[0] * kernel[1]) } as const
    const weight = { name: 'weight', shape: [channels, groupIn, ...kernel], init }
    return {
      output: [channels, ...size],
      parameters: options.bias === true ? [weight, { name: 'bias', shape: [channels], init }] : [weight],
    }
  },
  build(context, x, options) {
    const operands = [x, context.parameter('weight')]
    if (options.bias === true) operands.push(context.parameter('bias'))
    return context.graph.one(conv2dOp, operands, attributesOf(options))
  },
}

/** Throws, for the caller to complete, unless the input is an image. */
export function imageOf(input: readonly number[]): readonly number[] {
  if (input.length !== 3) throw new Error('an image [channels, height, width]')
  return input
}

/** Height and width after a kernel went over the image. */
export function placesOf(
  size: readonly [number, number],
  kernel: readonly [number, number],
  stride: readonly [number, number],
  padding: readonly [number, number],
): [number, number] {
  const along = (side: 0 | 1) => windowsAlong(size[side], kernel[side], stride[side], padding[side])
  const places: [number, number] = [along(0), along(1)]
  if (places.some((count) => count < 1)) {
    const needed = [kernel[0] - 2 * padding[0], kernel[1] - 2 * padding[1]]
    throw new Error(`at least ${needed[0]} x ${needed[1]} for a kernel of ${kernel[0]} x ${kernel[1]} with padding ${padding[0]}, ${padding[1]}`)
  }
  return places
}
