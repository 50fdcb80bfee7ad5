import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { rowVariants } from '../rows.wgsl.ts'

/** WGSL index of element `c` of channel `row`, over samples and then over space. */
export function channelElementIndex(shape: readonly number[]): string {
  const [, channels = 0, spatial = 0] = shape
  return spatial === 1 ? `c * ${channels}u + row` : `(c / ${spatial}u * ${channels}u + row) * ${spatial}u + c % ${spatial}u`
}

/** A channel is a row; `length` counts the elements of samples that are there. */
export function batchnormVariants(shape: readonly number[], eps: number, caps: DeviceCaps): KernelVariant[] {
  const [batch = 0, channels = 0, spatial = 0] = shape
  const index = channelElementIndex(shape)
  return rowVariants(
    {
      rows: channels,
      length: batch * spatial,
      bound: `min(step.count, ${batch}u) * ${spatial}u`,
      operands: floats('x', 'scale', 'shift', 'y', 'means', 'inverses', 'variances'),
      usesStep: true,
      body: ({ each, sum, once }) => /* wgsl */ `
  var mean = 0.0;
  ${each(`mean += x[${index}];`)}
  ${sum('mean')}
  mean /= max(f32(length), 1.0);
  var square = 0.0;
  ${each(`let d = x[${index}] - mean; square += d * d;`)}
  ${sum('square')}
  let inverse = 1.0 / sqrt(square / max(f32(length), 1.0) + ${wgslFloat(eps)});
  let factor = inverse * scale[row];
  let offset = shift[row];
  ${each(`let i = ${index}; y[i] = (x[i] - mean) * factor + offset;`, loopBound(batch * spatial, 'x'))}
  ${once('means[row] = mean; inverses[row] = inverse; variances[row] = square / max(f32(length) - 1.0, 1.0);')}`,
    },
    caps,
  )
}
