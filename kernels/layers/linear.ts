/**
 * `linear`: y = x·Wᵀ + b over the last dimension. `x: [B, ..., in]`, `weight: [out, in]`, `bias: [out]`. Starts as
 * PyTorch's nn.Linear does: weight and bias uniform in ±1/√in.
 */
import { matmul } from '../ops/matmul/matmul.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import type { LayerDefinition } from './layer.ts'

export const linear: LayerDefinition = {
  type: 'linear',
  summary: 'x·Wᵀ + b over the last dimension',
  options: {
    units: { type: 'integer', min: 1, max: 16_777_216, help: 'output features' },
    bias: { type: 'boolean', default: true, help: 'adds a learned vector' },
  },
  shapes(input, options) {
    const features = input.at(-1)
    if (features === undefined) throw new Error('at least one dimension')
    const units = options.units as number
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(features) } as const
    const weight = { name: 'weight', shape: [units, features], init }
    return {
      output: [...input.slice(0, -1), units],
      parameters: options.bias === true ? [weight, { name: 'bias', shape: [units], init }] : [weight],
    }
  },
  build(context, x, options) {
    const features = x.shape.at(-1) ?? 0
    const rows = x.shape.slice(0, -1)
    const rowCount = rows.reduce((product, size) => product * size, 1)
    const matrix = x.shape.length === 2 ? x : context.graph.one(reshape, [x], { shape: [rowCount, features] })
    const operands = [matrix, context.parameter('weight')]
    if (options.bias === true) operands.push(context.parameter('bias'))
    const y = context.graph.one(matmul, operands, { form: 'NT', activation: null })
    const shape = [...rows, options.units as number]
    return shape.length === 2 ? y : context.graph.one(reshape, [y], { shape })
  },
}
