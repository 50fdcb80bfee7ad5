import { wgslFloat } from '../../plan/wgsl.ts'
import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import type { CombineAttributes } from './combine.ts'

export function combineVariant(count: number, { alpha, beta }: CombineAttributes): KernelVariant {
  const functions = `fn element(x: f32, y: f32) -> f32 { return ${wgslFloat(alpha)} * x + ${wgslFloat(beta)} * y; }`
  return elementwiseVariant({ count, inputs: ['a', 'b'], functions })
}
