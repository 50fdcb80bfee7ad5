/** The activation layers: no parameters, any shape. */
import type { Activation } from '../ops/activation.ts'
import { unary } from '../ops/unary/unary.ts'
import type { LayerDefinition, OptionDescription, OptionValues } from './layer.ts'

function activationLayer(
  type: string,
  summary: string,
  options: Readonly<Record<string, OptionDescription>>,
  activation: (options: OptionValues) => Activation,
): LayerDefinition {
  return {
    type,
    summary,
    options,
    shapes: (input) => ({ output: input, parameters: [] }),
    build: (context, x, values) => context.graph.one(unary, [x], { activation: activation(values) }),
  }
}

export const relu = activationLayer('relu', 'max(x, 0)', {}, () => ({ kind: 'relu' }))
export const silu = activationLayer('silu', 'x · sigmoid(x)', {}, () => ({ kind: 'silu' }))
export const tanh = activationLayer('tanh', 'hyperbolic tangent', {}, () => ({ kind: 'tanh' }))
export const sigmoid = activationLayer('sigmoid', '1 / (1 + e⁻ˣ)', {}, () => ({ kind: 'sigmoid' }))

export const leakyrelu = activationLayer(
  'leakyrelu',
  'x where positive, else negativeSlope · x',
  // The derivative is read off the output's sign, which a negative slope would hide.
  { negativeSlope: { type: 'number', min: 0, max: 1e6, default: 0.01, help: 'factor on negative values' } },
  (options) => ({ kind: 'leakyrelu', slope: options.negativeSlope as number }),
)

export const gelu = activationLayer(
  'gelu',
  'x · Φ(x)',
  { approximate: { type: 'choice', choices: ['none', 'tanh'], default: 'none', help: 'exact normal distribution or the tanh formula' } },
  (options) => ({ kind: options.approximate === 'tanh' ? 'gelu-tanh' : 'gelu' }),
)
