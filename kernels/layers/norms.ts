/** Layer, RMS and group norm: one op, rows of different shapes. Names and defaults are PyTorch's. */
import { at } from '../ops/check.ts'
import { norm } from '../ops/norm/norm.ts'
import { type NormAttributes, rowLengthOf } from '../ops/norm/types.ts'
import type { Tensor } from '../ops/op.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import type { LayerContext, LayerDefinition, LayerShapes } from './layer.ts'

function normShapes(input: readonly number[], channels: number, withBias: boolean): LayerShapes {
  const weight = { name: 'weight', shape: [channels], init: { kind: 'constant', value: 1 } } as const
  const bias = { name: 'bias', shape: [channels], init: { kind: 'constant', value: 0 } } as const
  return { output: input, parameters: withBias ? [weight, bias] : [weight] }
}

function lastOf(input: readonly number[]): number {
  const last = input.at(-1)
  if (last === undefined) throw new Error('at least one dimension')
  return last
}

/** Rows of the last dimension, or of a group of channels and their space. */
function normalise(context: Pick<LayerContext, 'graph' | 'parameter'>, x: Tensor, attributes: NormAttributes): Tensor {
  const { graph } = context
  const length = rowLengthOf(attributes)
  const rows = graph.one(reshape, [x], { shape: [x.shape.reduce((product, size) => product * size, 1) / length, length] })
  const operands = [rows, context.parameter('weight'), ...(attributes.centered ? [context.parameter('bias')] : [])]
  return graph.one(reshape, [at(graph.add(norm, operands, attributes), 0)], { shape: x.shape })
}

/** Over the last dimension. `context` names the weight and the bias. */
export function layerNorm(context: Pick<LayerContext, 'graph' | 'parameter'>, x: Tensor, eps: number): Tensor {
  return normalise(context, x, { channels: lastOf(x.shape), groups: 1, spatial: 1, eps, centered: true })
}

export const layernorm: LayerDefinition = {
  type: 'layernorm',
  summary: 'the last dimension normalised, scaled and shifted',
  options: { eps: { type: 'number', min: 1e-12, max: 1, default: 1e-5, help: 'added to the variance' } },
  shapes: (input) => normShapes(input, lastOf(input), true),
  build: (context, x, options) => layerNorm(context, x, options.eps as number),
}

export const rmsnorm: LayerDefinition = {
  type: 'rmsnorm',
  summary: 'the last dimension divided by its root mean square, scaled',
  // PyTorch: the distance from 1 to the next f32.
  options: { eps: { type: 'number', min: 1e-12, max: 1, default: 2 ** -23, help: 'added to the mean square' } },
  shapes: (input) => normShapes(input, lastOf(input), false),
  build: (context, x, options) => normalise(context, x, { channels: lastOf(x.shape), groups: 1, spatial: 1, eps: options.eps as number, centered: false }),
}

export const groupnorm: LayerDefinition = {
  type: 'groupnorm',
  summary: 'groups of channels normalised, each sample by itself',
  options: {
    numGroups: { type: 'integer', min: 1, max: 65_536, help: 'groups that the channels are split into' },
    eps: { type: 'number', min: 1e-12, max: 1, default: 1e-5, help: 'added to the variance' },
  },
  shapes(input, options) {
    const [channels] = input
    const groups = options.numGroups as number
    if (channels === undefined || channels % groups !== 0) throw new Error(`channels in its first dimension that divide into ${groups} groups`)
    return normShapes(input, channels, true)
  },
  build(context, x, options) {
    const [, channels = 0, ...space] = x.shape
    const spatial = space.reduce((product, size) => product * size, 1)
    return normalise(context, x, { channels, groups: options.numGroups as number, spatial, eps: options.eps as number, centered: true })
  },
}
