import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { type RowFrame, rowVariants } from '../rows.wgsl.ts'
import { type BatchNormAttributes, type BatchNormPart, samplesPresent } from './types.ts'

/** WGSL index of element `c` of channel `row`, over samples and then over space. */
export function channelElementIndex(shape: readonly number[]): string {
  const [, channels = 0, spatial = 0] = shape
  return spatial === 1 ? `c * ${channels}u + row` : `(c / ${spatial}u * ${channels}u + row) * ${spatial}u + c % ${spatial}u`
}

/** A channel is a row; `length` counts the elements of samples that are there. */
export function batchnormVariants(shape: readonly number[], { eps, part }: BatchNormAttributes, caps: DeviceCaps): KernelVariant[] {
  const [batch = 0, channels = 0, spatial = 0] = shape
  const index = channelElementIndex(shape)
  const inverseOf = (square: string, elements: string) => `1.0 / sqrt(${square} / ${elements} + ${wgslFloat(eps)})`
  const apply = (frame: RowFrame) => /* wgsl */ `
  let factor = inverse * scale[row];
  let offset = shift[row];
  ${frame.each(`let i = ${index}; y[i] = (x[i] - mean) * factor + offset;`, loopBound(batch * spatial, 'x'))}`
  return rowVariants(
    {
      rows: channels,
      length: batch * spatial,
      bound: `${samplesPresent(part?.first ?? 0, batch)} * ${spatial}u`,
      operands: floats('x', 'scale', 'shift', 'y', 'means', 'inverses', 'variances'),
      usesStep: true,
      body: (frame) => (part === undefined ? wholeBody(frame) : partBody(frame, part)),
    },
    caps,
  )

  function wholeBody(frame: RowFrame): string {
    const { each, sum, once } = frame
    return /* wgsl */ `
  var mean = 0.0;
  ${each(`mean += x[${index}];`)}
  ${sum('mean')}
  mean /= max(f32(length), 1.0);
  var square = 0.0;
  ${each(`let d = x[${index}] - mean; square += d * d;`)}
  ${sum('square')}
  let inverse = ${inverseOf('square', 'max(f32(length), 1.0)')};
  ${apply(frame)}
  ${once('means[row] = mean; inverses[row] = inverse; variances[row] = square / max(f32(length) - 1.0, 1.0);')}`
  }

  /** Means and variances hold the sums until they are complete. */
  function partBody(frame: RowFrame, { stage, first, samples, finishes }: BatchNormPart): string {
    const { each, sum, once, resume } = frame
    const begin = (array: string) => (first === 0 ? '0.0' : resume(`${array}[row]`))
    const elements = `let elements = f32(${samplesPresent(0, samples)} * ${spatial}u);`
    switch (stage) {
      case 'mean':
        return /* wgsl */ `
  ${elements}
  var mean = ${begin('means')};
  ${each(`mean += x[${index}];`)}
  ${sum('mean')}
  ${once(`means[row] = ${finishes ? 'mean / max(elements, 1.0)' : 'mean'};`)}`
      case 'square':
        return /* wgsl */ `
  ${elements}
  let mean = means[row];
  var square = ${begin('variances')};
  ${each(`let d = x[${index}] - mean; square += d * d;`)}
  ${sum('square')}
  ${once(finishes ? `inverses[row] = ${inverseOf('square', 'max(elements, 1.0)')}; variances[row] = square / max(elements - 1.0, 1.0);` : 'variances[row] = square;')}`
      case 'apply':
        return /* wgsl */ `
  let mean = means[row];
  let inverse = inverses[row];
  ${apply(frame)}`
    }
  }
}
