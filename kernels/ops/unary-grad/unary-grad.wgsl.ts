import { type Activation, activationRules } from '../activation.ts'
import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { DType, KernelVariant } from '../op.ts'

export interface UnaryGradTypes {
  readonly gradient: DType
  readonly saved: DType
  readonly result: DType
}

export function unaryGradVariant(activation: Activation, count: number, types: UnaryGradTypes): KernelVariant {
  const rules = activationRules(activation)
  return elementwiseVariant({
    count,
    inputs: [
      { name: 'gradient', dtype: types.gradient },
      { name: 'saved', dtype: types.saved },
    ],
    result: types.result,
    functions: `${rules.helpers}\nfn element(g: f32, s: f32) -> f32 { return g * (${rules.derivative}); }`,
  })
}
