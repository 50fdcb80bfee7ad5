import { type Activation, activationRules } from '../activation.ts'

export function unaryReference(x: Float64Array, activation: Activation): Float64Array {
  const { reference } = activationRules(activation)
  return x.map((value) => reference(value))
}
