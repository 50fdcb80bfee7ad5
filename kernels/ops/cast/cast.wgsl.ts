import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { DType, KernelVariant } from '../op.ts'

export function castVariant(count: number, from: DType, to: DType): KernelVariant {
  return elementwiseVariant({ count, inputs: [{ name: 'source', dtype: from }], result: to, functions: 'fn element(x: f32) -> f32 { return x; }' })
}
