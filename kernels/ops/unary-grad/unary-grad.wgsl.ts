import { type Activation, activationRules } from '../activation.ts'
import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function unaryGradVariant(activation: Activation, count: number): KernelVariant {
  const rules = activationRules(activation)
  return elementwiseVariant({
    count,
    inputs: ['gradient', 'saved'],
    functions: `${rules.helpers}\nfn element(g: f32, s: f32) -> f32 { return g * (${rules.derivative}); }`,
  })
}
