import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { channelElementIndex } from '../batchnorm/batchnorm.wgsl.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

export function batchnormGradVariants(shape: readonly number[], caps: DeviceCaps): KernelVariant[] {
  const [batch = 0, channels = 0, spatial = 0] = shape
  const index = channelElementIndex(shape)
  return rowVariants(
    {
      rows: channels,
      length: batch * spatial,
      bound: `min(step.count, ${batch}u) * ${spatial}u`,
      operands: floats('gradient', 'x', 'means', 'inverses', 'scale', 'dx', 'd_scale', 'd_shift'),
      usesStep: true,
      body: ({ each, sum, once }) => /* wgsl */ `
  let mean = means[row];
  let inverse = inverses[row];
  var total = 0.0;
  var product = 0.0;
  ${each(`let i = ${index}; let g = gradient[i]; total += g; product += g * (x[i] - mean) * inverse;`)}
  ${sum('total', 'product')}
  let factor = scale[row] * inverse;
  let elements = max(f32(length), 1.0);
  let shift = total / elements;
  let slope = product / elements;
  ${each(`let i = ${index}; dx[i] = select(0.0, factor * (gradient[i] - shift - (x[i] - mean) * inverse * slope), c < length);`, loopBound(batch * spatial, 'x'))}
  ${once('d_scale[row] = product; d_shift[row] = total;')}`,
    },
    caps,
  )
}
