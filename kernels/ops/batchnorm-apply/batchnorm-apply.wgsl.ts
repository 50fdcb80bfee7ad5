import { wgslFloat } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function batchnormApplyVariant(shape: readonly number[], eps: number): KernelVariant {
  const [batch = 0, channels = 0, spatial = 0] = shape
  return eachVariant({
    name: 'each-f32',
    count: batch * channels * spatial,
    operands: floats('x', 'mean', 'variance', 'scale', 'shift', 'y'),
    body: `let channel = i / ${spatial}u % ${channels}u;
  y[i] = (x[i] - mean[channel]) / sqrt(variance[channel] + ${wgslFloat(eps)}) * scale[channel] + shift[channel];`,
  })
}
