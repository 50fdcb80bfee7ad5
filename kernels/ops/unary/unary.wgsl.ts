import { type Activation, activationRules } from '../activation.ts'
import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { DType, KernelVariant } from '../op.ts'

export function unaryVariant(activation: Activation, count: number, types: { readonly source: DType; readonly result: DType }): KernelVariant {
  const rules = activationRules(activation)
  return elementwiseVariant({
    count,
    inputs: [{ name: 'source', dtype: types.source }],
    result: types.result,
    functions: `${rules.helpers}\nfn element(x: f32) -> f32 { return ${rules.value}; }`,
  })
}
