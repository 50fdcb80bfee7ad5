import { type Activation, activationRules } from '../activation.ts'

export function unaryGradReference(gradient: Float64Array, saved: Float64Array, activation: Activation): Float64Array {
  const { referenceDerivative } = activationRules(activation)
  return gradient.map((value, i) => value * referenceDerivative(saved[i] ?? Number.NaN))
}
