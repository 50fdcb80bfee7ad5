import { type Activation, activationRules } from '../activation.ts'
import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function unaryVariant(activation: Activation, count: number): KernelVariant {
  const rules = activationRules(activation)
  return elementwiseVariant({
    count,
    inputs: ['source'],
    functions: `${rules.helpers}\nfn element(x: f32) -> f32 { return ${rules.value}; }`,
  })
}
