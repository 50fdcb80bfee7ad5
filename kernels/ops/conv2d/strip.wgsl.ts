/**
 * Convolution as a product whose second matrix is never made: rows are output channels, columns the places of all samples.
 * An invocation keeps several channels of a few places side by side in registers. The weights of a step are the same
 * for the whole workgroup (its index gives the channels), so a device loads them once; the row of the image that a filter's
 * row touches is loaded once for all places and taps. With stride 1 the gradient towards the input is the same walk
 * over the flipped filter, so both directions share this text.
 *
 * Sums run over channels, then filter rows, then columns, in ascending order, whatever the block.
 *
 * Places beyond the last are clamped to it and write its value again, the same bits by the same arithmetic.
 */
import { loopBound, MAX_WORKGROUPS_PER_DIMENSION } from '../../plan/wgsl.ts'
import { type Activation, activateFunction } from '../activation.ts'
import { floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { channelBlock, MAX_UNROLLED_COLUMNS, placeBlock, range } from './blocks.ts'

/** As many as a software adapter computes at once; more on a GPU gained nothing to speak of in other people's kernels. */
const CPU_LANES = 8
const GPU_LANES = 64

export interface StripSizes {
  readonly batch: number
  /** Of what is read and of what is written: channels in all and of one group. */
  readonly sourceChannels: number
  readonly groupSource: number
  readonly targetChannels: number
  readonly groupTarget: number
  readonly sourceSize: readonly [number, number]
  readonly targetSize: readonly [number, number]
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
}

export interface StripKernel {
  readonly sizes: StripSizes
  readonly kind: 'gpu' | 'cpu'
  readonly names: { readonly source: string; readonly target: string }
  readonly order: readonly string[]
  readonly hasBias: boolean
  readonly activation: Activation | null
  /** WGSL index into `weight` of output channel `row`, channel `c` of the group, filter row `kh` (WGSL) and column `kw` (a number). */
  weightIndex(row: string, c: string, kh: string, kw: number): string
}

/** `null` where the filter is too wide. */
export function convStripVariant({ sizes, kind, names, order, hasBias, activation, weightIndex }: StripKernel): KernelVariant | null {
  const { batch, sourceChannels, groupSource, targetChannels, groupTarget, sourceSize, targetSize, kernel, stride, padding } = sizes
  if (kernel[1] > MAX_UNROLLED_COLUMNS) return null
  const rows = channelBlock(groupTarget)
  const places = placeBlock(targetSize[1])
  const lanes = kind === 'cpu' ? CPU_LANES : GPU_LANES
  const runsPerLine = targetSize[1] / places
  const runs = batch * targetSize[0] * runsPerLine
  const plane = targetSize[0] * targetSize[1]
  const reads = range((places - 1) * stride[1] + kernel[1])
  const { source, target } = names
  const padded = (targetSize[1] - 1) * stride[1] + kernel[1] - padding[1] > sourceSize[1] || padding[1] > 0
  const groups = Math.ceil(runs / lanes)
  const lines: string[] = []
  const blocks = range(rows).flatMap((r) => range(places).map((p) => [r, p] as const))
  for (const [r, p] of blocks) lines.push(`var sum${r}_${p} = ${hasBias ? `bias[first + ${r}u]` : '0.0'};`)
  for (const j of reads) {
    lines.push(padded ? `let w${j} = left + ${j}; let at${j} = u32(clamp(w${j}, 0, ${sourceSize[1] - 1}));` : `let at${j} = u32(left + ${j});`)
  }
  lines.push(`let channels = ${loopBound(groupSource, source)};`, `let filter_rows = ${loopBound(kernel[0], source)};`)
  lines.push('for (var c = 0u; c < channels; c++) {', 'for (var kh = 0u; kh < filter_rows; kh++) {')
  lines.push(`let h = top + i32(kh);`, `let inside = h >= 0 && h < ${sourceSize[0]};`)
  lines.push(`let line = ((image + c) * ${sourceSize[0]}u + u32(clamp(h, 0, ${sourceSize[0] - 1}))) * ${sourceSize[1]}u;`)
  for (const j of reads) {
    const within = padded ? `inside && w${j} >= 0 && w${j} < ${sourceSize[1]}` : 'inside'
    lines.push(`let v${j} = select(0.0, ${source}[line + at${j}], ${within});`)
  }
  for (const r of range(rows)) {
    for (const kw of range(kernel[1])) {
      lines.push(`let k${r}_${kw} = weight[${weightIndex(`(first + ${r}u)`, 'c', 'kh', kw)}];`)
      for (const p of range(places)) lines.push(`sum${r}_${p} += k${r}_${kw} * v${p * stride[1] + kw};`)
    }
  }
  lines.push('}', '}')
  for (const [r, p] of blocks) lines.push(`${target}[place + ${r * plane + p}u] = activate(sum${r}_${p});`)
  return {
    name: `strip-${rows}x${places}`,
    operands: floats(...order),
    workgroups: [Math.min(groups, MAX_WORKGROUPS_PER_DIMENSION), targetChannels / rows, Math.ceil(groups / MAX_WORKGROUPS_PER_DIMENSION)],
    code: /* wgsl */ `
${activateFunction(activation)}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let run = min((group.x + group.z * ${MAX_WORKGROUPS_PER_DIMENSION}u) * ${lanes}u + lane, ${runs - 1}u);
  let first = group.y * ${rows}u;
  let ow = run % ${runsPerLine}u * ${places}u;
  let oh = run / ${runsPerLine}u % ${targetSize[0]}u;
  let sample = run / ${runsPerLine * targetSize[0]}u;
  let top = i32(oh * ${stride[0]}u) - ${padding[0]};
  let left = i32(ow * ${stride[1]}u) - ${padding[1]};
  let image = sample * ${sourceChannels}u + first / ${groupTarget}u * ${groupSource}u;
  let place = (sample * ${targetChannels}u + first) * ${plane}u + oh * ${targetSize[1]}u + ow;
  ${lines.join('\n  ')}
}`,
  }
}
