import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { channelElementIndex } from '../batchnorm/batchnorm.wgsl.ts'
import { samplesPresent } from '../batchnorm/types.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { type RowFrame, rowVariants } from '../rows.wgsl.ts'
import type { BatchNormGradAttributes } from './batchnorm-grad.ts'

export function batchnormGradVariants(shape: readonly number[], { part }: BatchNormGradAttributes, caps: DeviceCaps): KernelVariant[] {
  const [batch = 0, channels = 0, spatial = 0] = shape
  const index = channelElementIndex(shape)
  const { stage, first = 0, samples = batch } = part ?? {}
  /** Of the whole batch; sums of a part go on from those of the parts before. */
  const sums = ({ each, sum, resume }: RowFrame) => /* wgsl */ `
  var total = ${first === 0 ? '0.0' : resume('d_shift[row]')};
  var product = ${first === 0 ? '0.0' : resume('d_scale[row]')};
  ${each(`let i = ${index}; let g = gradient[i]; total += g; product += g * (x[i] - mean) * inverse;`)}
  ${sum('total', 'product')}`
  const apply = ({ each }: RowFrame) => /* wgsl */ `
  let factor = scale[row] * inverse;
  let elements = max(f32(${samplesPresent(0, samples)} * ${spatial}u), 1.0);
  let shift = total / elements;
  let slope = product / elements;
  ${each(`let i = ${index}; dx[i] = select(0.0, factor * (gradient[i] - shift - (x[i] - mean) * inverse * slope), c < length);`, loopBound(batch * spatial, 'x'))}`
  return rowVariants(
    {
      rows: channels,
      length: batch * spatial,
      bound: `${samplesPresent(first, batch)} * ${spatial}u`,
      operands: floats('gradient', 'x', 'means', 'inverses', 'scale', 'dx', 'd_scale', 'd_shift'),
      usesStep: true,
      body: (frame) => /* wgsl */ `
  let mean = means[row];
  let inverse = inverses[row];
  ${stage === 'apply' ? 'let total = d_shift[row]; let product = d_scale[row];' : sums(frame)}
  ${stage === 'sums' ? '' : apply(frame)}
  ${stage === 'apply' ? '' : frame.once('d_scale[row] = product; d_shift[row] = total;')}`,
    },
    caps,
  )
}
