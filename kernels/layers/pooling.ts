/** The pooling layers: no parameters. Windows are PyTorch's: floor, and average pooling counts padding as zeros. */
import { avgpool2d as avgpool2dOp } from '../ops/avgpool2d/avgpool2d.ts'
import { maxpool2d as maxpool2dOp } from '../ops/maxpool2d/maxpool2d.ts'
import type { PoolAttributes } from '../ops/maxpool2d/types.ts'
import type { OpDefinition } from '../ops/op.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import { rowSum } from '../ops/row-sum/row-sum.ts'
import { imageOf, placesOf } from './conv2d.ts'
import { type LayerDefinition, type OptionValues, pairOf } from './layer.ts'

function attributesOf(options: OptionValues): PoolAttributes {
  const kernel = pairOf(options.kernel)
  return { kernel, stride: options.stride === undefined ? kernel : pairOf(options.stride), padding: pairOf(options.padding) }
}

function poolingLayer(type: string, summary: string, op: OpDefinition<PoolAttributes>): LayerDefinition {
  return {
    type,
    summary,
    options: {
      kernel: { type: 'pair', min: 1, max: 1024, help: 'height and width of the window' },
      stride: { type: 'pair', min: 1, max: 1024, optional: true, help: 'step of the window; as large as the window where left out' },
      padding: { type: 'pair', min: 0, max: 512, default: 0, help: 'around the image, at most half the window' },
    },
    shapes(input, options) {
      const [channels = 0, height = 0, width = 0] = imageOf(input)
      const { kernel, stride, padding } = attributesOf(options)
      if (padding[0] * 2 > kernel[0] || padding[1] * 2 > kernel[1]) {
        throw new Error(`a padding of at most half the kernel, got ${padding[0]}, ${padding[1]} for ${kernel[0]} x ${kernel[1]}`)
      }
      return { output: [channels, ...placesOf([height, width], kernel, stride, padding)], parameters: [] }
    },
    build: (context, x, options) => context.graph.add(op, [x], attributesOf(options))[0] ?? x,
  }
}

export const maxpool2d = poolingLayer('maxpool2d', 'largest value of each window', maxpool2dOp)
export const avgpool2d = poolingLayer('avgpool2d', 'mean of each window', avgpool2dOp)

export const globalavgpool2d: LayerDefinition = {
  type: 'globalavgpool2d',
  summary: 'mean of each channel: [C, H, W] → [C]',
  options: {},
  shapes: (input) => ({ output: [imageOf(input)[0] ?? 0], parameters: [] }),
  build(context, x) {
    const [batch = 0, channels = 0, height = 0, width = 0] = x.shape
    const rows = context.graph.one(reshape, [x], { shape: [batch * channels, height * width] })
    return context.graph.one(reshape, [context.graph.one(rowSum, [rows], { scale: 1 / (height * width) })], { shape: [batch, channels] })
  },
}
