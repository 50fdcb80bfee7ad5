import { elementwiseVariant } from '../elementwise.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function addVariant(count: number): KernelVariant {
  return elementwiseVariant({ count, inputs: ['a', 'b'], functions: 'fn element(x: f32, y: f32) -> f32 { return x + y; }' })
}
