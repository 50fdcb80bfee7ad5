/**
 * Convolution as a product whose second matrix is never made: rows are output channels, columns the places of all samples.
 * An invocation keeps several channels of a few places side by side in registers. The weights of a step are the same
 * for the whole workgroup (its index gives the channels), so a device loads them once; the row of the image that a filter's
 * row touches is loaded once for all places and taps. With stride 1 the gradient towards the input is the same walk
 * over the flipped filter, so both directions share this text.
 *
 * Where the device has subgroups of one size, the weights of a step are dealt out to its lanes instead (`dealt.wgsl.ts`):
 * a third of the time on lavapipe, which loads them in every lane.
 *
 * Sums run over channels, then filter rows, then columns, in ascending order, whatever the block.
 *
 * Places beyond the last are clamped to it and write its value again, the same bits by the same arithmetic; so do those of
 * a row's last block, which overlaps the one before where blocks do not divide the row.
 */
import { type DeviceCaps, fixedSubgroupSize } from '../../device/caps.ts'
import { loopBound, MAX_WORKGROUPS_PER_DIMENSION } from '../../plan/wgsl.ts'
import { type Activation, activateFunction } from '../activation.ts'
import { deal } from '../dealt.wgsl.ts'
import { storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { channelBlock, dealtBlock, MAX_UNROLLED_COLUMNS, placeBlock, range } from './blocks.ts'
import { type ConvStorage, convLoad, convOperands } from './types.ts'

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
  readonly caps: DeviceCaps
  readonly storage: ConvStorage
  readonly names: { readonly source: string; readonly target: string }
  readonly order: readonly string[]
  readonly hasBias: boolean
  readonly activation: Activation | null
  /** WGSL index into `weight` of output channel `row` at filter column `kw`, for the first channel of the group and filter row 0. */
  weightBase(row: string, kw: string): string
  /** WGSL of what is added to it for channel `c` of the group and filter row `kh`. */
  weightOffset(c: string, kh: string): string
}

/** Best guess first; none where the filter is too wide. */
export function convStripVariants(kernel: StripKernel): KernelVariant[] {
  if (kernel.sizes.kernel[1] > MAX_UNROLLED_COLUMNS) return []
  const lanes = fixedSubgroupSize(kernel.caps)
  const alone = stripVariant(kernel, kernel.caps.kind === 'cpu' ? CPU_LANES : GPU_LANES, false)
  if (lanes === null) return [alone]
  const dealt = stripVariant(kernel, lanes, true)
  return kernel.caps.kind === 'cpu' ? [dealt, alone] : [alone, dealt]
}

function stripVariant(
  { sizes, storage, names, order, hasBias, activation, weightBase, weightOffset }: StripKernel,
  lanes: number,
  dealt: boolean,
): KernelVariant {
  const { batch, sourceChannels, groupSource, targetChannels, groupTarget, sourceSize, targetSize, kernel, stride, padding } = sizes
  const readsOf = (places: number) => (places - 1) * stride[1] + kernel[1]
  const block = dealt
    ? dealtBlock({
        channels: groupTarget,
        width: targetSize[1],
        kernelWidth: kernel[1],
        products: batch * targetChannels * targetSize[0] * targetSize[1] * groupSource * kernel[0] * kernel[1],
        whole: false,
        loads: ({ channels, places }) => readsOf(places) + Math.ceil((channels * kernel[1]) / lanes),
      })
    : { channels: channelBlock(groupTarget), places: placeBlock(targetSize[1]) }
  const { channels: rows, places } = block
  const runsPerLine = Math.ceil(targetSize[1] / places)
  const runs = batch * targetSize[0] * runsPerLine
  const plane = targetSize[0] * targetSize[1]
  const reads = range(readsOf(places))
  const { source, target } = names
  const padded = (targetSize[1] - 1) * stride[1] + kernel[1] - padding[1] > sourceSize[1] || padding[1] > 0
  const groups = Math.ceil(runs / lanes)
  const lines: string[] = []
  const weights = deal(
    'weight',
    lanes,
    rows * kernel[1],
    (number) => weightBase(`(first + ${number} / ${kernel[1]}u)`, `(${number} % ${kernel[1]}u)`),
    (base) => convLoad(storage, 'weight', `${base} + ${weightOffset('c', 'kh')}`),
  )
  const weightOf = (r: number, kw: number) =>
    dealt ? weights.value(r * kernel[1] + kw) : convLoad(storage, 'weight', `${weightBase(`(first + ${r}u)`, `${kw}u`)} + ${weightOffset('c', 'kh')}`)
  const blocks = range(rows).flatMap((r) => range(places).map((p) => [r, p] as const))
  for (const [r, p] of blocks) lines.push(`var sum${r}_${p} = ${hasBias ? `bias[first + ${r}u]` : '0.0'};`)
  for (const j of reads) {
    lines.push(padded ? `let w${j} = left + ${j}; let at${j} = u32(clamp(w${j}, 0, ${sourceSize[1] - 1}));` : `let at${j} = u32(left + ${j});`)
  }
  if (dealt) lines.push(...weights.numbers)
  lines.push(`let channels = ${loopBound(groupSource, source)};`, `let filter_rows = ${loopBound(kernel[0], source)};`)
  lines.push('for (var c = 0u; c < channels; c++) {', 'for (var kh = 0u; kh < filter_rows; kh++) {')
  lines.push(`let h = top + i32(kh);`, `let inside = h >= 0 && h < ${sourceSize[0]};`)
  lines.push(`let line = ((image + c) * ${sourceSize[0]}u + u32(clamp(h, 0, ${sourceSize[0] - 1}))) * ${sourceSize[1]}u;`)
  for (const j of reads) {
    const within = padded ? `inside && w${j} >= 0 && w${j} < ${sourceSize[1]}` : 'inside'
    lines.push(`let v${j} = select(0.0, ${convLoad(storage, source, `line + at${j}`)}, ${within});`)
  }
  if (dealt) lines.push(...weights.loads)
  for (const r of range(rows)) {
    for (const kw of range(kernel[1])) {
      lines.push(`let k${r}_${kw} = ${weightOf(r, kw)};`)
      for (const p of range(places)) lines.push(`sum${r}_${p} += k${r}_${kw} * v${p * stride[1] + kw};`)
    }
  }
  lines.push('}', '}')
  for (const [r, p] of blocks) lines.push(`${target}[place + ${r * plane + p}u] = ${toStore(storage.result, 1, `activate(sum${r}_${p})`)};`)
  return {
    name: `${dealt ? 'subgroup' : 'strip'}-${rows}x${places}`,
    ...(dealt ? { enable: ['subgroups'] } : {}),
    operands: convOperands(storage, order),
    workgroups: [Math.min(groups, MAX_WORKGROUPS_PER_DIMENSION), targetChannels / rows, Math.ceil(groups / MAX_WORKGROUPS_PER_DIMENSION)],
    code: /* wgsl */ `
${activateFunction(activation)}
${storeFunctions(storage.result)}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(${dealt ? 'subgroup_invocation_id' : 'local_invocation_index'}) lane: u32) {
  let run = min((group.x + group.z * ${MAX_WORKGROUPS_PER_DIMENSION}u) * ${lanes}u + lane, ${runs - 1}u);
  let first = group.y * ${rows}u;
  let ow = min(run % ${runsPerLine}u * ${places}u, ${targetSize[1] - places}u);
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
