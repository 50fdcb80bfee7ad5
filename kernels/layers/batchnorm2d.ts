/**
 * `batchnorm2d`: each channel normalised over the batch while training, with running statistics in evaluation. Names and
 * rules are PyTorch's nn.BatchNorm2d: `weight`, `bias`, and the buffers `running_mean`, `running_var` (unbiased) and
 * `num_batches_tracked`. Members of a job normalise their own share, as PyTorch's DDP does; the running statistics follow
 * the mean over all shares, at every step (`BufferRule`), so that they are equal on all members.
 */
import { batchnorm } from '../ops/batchnorm/batchnorm.ts'
import { batchnormApply } from '../ops/batchnorm-apply/batchnorm-apply.ts'
import { at } from '../ops/check.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import { imageOf } from './conv2d.ts'
import type { LayerDefinition } from './layer.ts'

export const batchnorm2d: LayerDefinition = {
  type: 'batchnorm2d',
  summary: 'channels normalised over the batch',
  options: {
    eps: { type: 'number', min: 1e-12, max: 1, default: 1e-5, help: 'added to the variance' },
    momentum: { type: 'number', min: 0, max: 1, default: 0.1, help: 'how fast the running statistics follow' },
  },
  shapes(input, options) {
    const shape = [imageOf(input)[0] ?? 0]
    const rule = { kind: 'average', momentum: options.momentum as number } as const
    return {
      output: input,
      parameters: [
        { name: 'weight', shape, init: { kind: 'constant', value: 1 } },
        { name: 'bias', shape, init: { kind: 'constant', value: 0 } },
      ],
      buffers: [
        { name: 'running_mean', shape, start: 0, rule },
        { name: 'running_var', shape, start: 1, rule },
        { name: 'num_batches_tracked', shape: [], start: 0, rule: { kind: 'count' } },
      ],
    }
  },
  build(context, x, options) {
    const { graph } = context
    const [batch = 0, channels = 0, height = 0, width = 0] = x.shape
    const flat = graph.one(reshape, [x], { shape: [batch, channels, height * width] })
    const [scale, shift, eps] = [context.parameter('weight'), context.parameter('bias'), options.eps as number]
    if (!context.training) {
      const y = graph.one(batchnormApply, [flat, context.buffer('running_mean'), context.buffer('running_var'), scale, shift], { eps })
      return graph.one(reshape, [y], { shape: x.shape })
    }
    const outputs = graph.add(batchnorm, [flat, scale, shift], { eps })
    context.observe('running_mean', at(outputs, 1))
    context.observe('running_var', at(outputs, 3))
    return graph.one(reshape, [at(outputs, 0)], { shape: x.shape })
  },
}
