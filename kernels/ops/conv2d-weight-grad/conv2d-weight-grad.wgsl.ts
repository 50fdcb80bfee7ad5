import { type DeviceCaps, fixedSubgroupSize } from '../../device/caps.ts'
import { loopBound, MAX_WORKGROUPS_PER_DIMENSION } from '../../plan/wgsl.ts'
import { channelBlock, dealtBlock, MAX_UNROLLED_COLUMNS, placeBlock, range } from '../conv2d/blocks.ts'
import { type ConvSizes, type ConvStorage, convLoad, convOperands } from '../conv2d/types.ts'
import { deal } from '../dealt.wgsl.ts'
import { eachVariant } from '../each.wgsl.ts'
import type { DType, KernelVariant } from '../op.ts'
import type { WeightGradAttributes } from './conv2d-weight-grad.ts'

type PartShare = Pick<WeightGradAttributes, 'samplesPerPart' | 'firstPart' | 'accumulates'>

/** Parts are added up afterwards: they are f32 in any case. */
export function conv2dWeightGradVariants(sizes: ConvSizes, share: PartShare, operands: DType, caps: DeviceCaps): KernelVariant[] {
  const storage = { operands, result: 'f32' } as const
  return [...stripVariants(sizes, share, storage, caps), partVariant(sizes, share, storage)]
}

const CPU_LANES = 8
const GPU_LANES = 32

/** Best guess first; none where the filter is too wide. */
function stripVariants(sizes: ConvSizes, share: PartShare, storage: ConvStorage, caps: DeviceCaps): KernelVariant[] {
  if (sizes.kernel[1] > MAX_UNROLLED_COLUMNS || Math.ceil(sizes.batch / share.samplesPerPart) > MAX_WORKGROUPS_PER_DIMENSION) return []
  const lanes = fixedSubgroupSize(caps)
  const alone = stripVariant(sizes, share, storage, caps.kind === 'cpu' ? CPU_LANES : GPU_LANES, false)
  // Lanes that help each other may not leave, as those beyond the last must where sums go on.
  if (lanes === null || share.accumulates === true) return [alone]
  const dealt = stripVariant(sizes, share, storage, lanes, true)
  return caps.kind === 'cpu' ? [dealt, alone] : [alone, dealt]
}

/**
 * An invocation sums a row of taps for several output channels. The workgroup's index gives channels and part, so that the
 * gradient is the same for all its lanes, which differ in the channel and filter row of the image they look at; places side by
 * side share what they read of it. `dealt`: lanes load the gradient by turns (`dealt.wgsl.ts`).
 */
function stripVariant(
  sizes: ConvSizes,
  { samplesPerPart, firstPart = 0, accumulates = false }: PartShare,
  storage: ConvStorage,
  lanes: number,
  dealt: boolean,
): KernelVariant {
  const { batch, outChannels, inChannels, groupIn, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  const parts = Math.ceil(batch / samplesPerPart)
  const readsOf = (places: number) => (places - 1) * stride[1] + kernel[1]
  const { channels: block, places } = dealt
    ? dealtBlock({
        channels: groupOut,
        width: outSize[1],
        kernelWidth: kernel[1],
        products: batch * outChannels * outSize[0] * outSize[1] * groupIn * kernel[0] * kernel[1],
        whole: true,
        loads: ({ channels, places }) => readsOf(places) + Math.ceil((channels * places) / lanes),
      })
    : { channels: channelBlock(groupOut), places: placeBlock(outSize[1]) }
  const plane = outSize[0] * outSize[1]
  const taps = kernel[0] * kernel[1]
  const filterRows = groupIn * kernel[0]
  const reads = range(readsOf(places))
  const pairs = range(block).flatMap((o) => range(kernel[1]).map((kw) => [o, kw] as const))
  const gradients = deal(
    'gradient',
    lanes,
    block * places,
    (number) => `${number} / ${places}u * ${plane}u + ${number} % ${places}u`,
    (place) => convLoad(storage, 'gradient', `out + ow + ${place}`),
  )
  const gradientOf = (o: number, p: number) => (dealt ? gradients.value(o * places + p) : convLoad(storage, 'gradient', `out + ow + ${o * plane + p}u`))
  const lines: string[] = dealt ? [...gradients.loads] : []
  for (const j of reads) {
    lines.push(`let w${j} = i32(ow * ${stride[1]}u) - ${padding[1]} + ${j};`)
    lines.push(
      `let v${j} = select(0.0, ${convLoad(storage, 'x', `line + u32(clamp(w${j}, 0, ${inSize[1] - 1}))`)}, inside && w${j} >= 0 && w${j} < ${inSize[1]});`,
    )
  }
  for (const o of range(block)) {
    for (const p of range(places)) lines.push(`let g${o}_${p} = ${gradientOf(o, p)};`)
    for (const kw of range(kernel[1])) for (const p of range(places)) lines.push(`sum${o}_${kw} += g${o}_${p} * v${p * stride[1] + kw};`)
  }
  return {
    name: `${dealt ? 'subgroup' : 'strip'}-${block}x${places}`,
    ...(dealt ? { enable: ['subgroups'] } : {}),
    operands: convOperands(storage, ['gradient', 'x', 'sums']),
    workgroups: [Math.ceil(filterRows / lanes), outChannels / block, parts],
    code: /* wgsl */ `
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(${dealt ? 'subgroup_invocation_id' : 'local_invocation_index'}) lane: u32) {
  // Lanes beyond the last filter row do its work again and write the same bits.
  ${accumulates ? `if (group.x * ${lanes}u + lane >= ${filterRows}u) { return; }` : ''}
  let filter_row = min(group.x * ${lanes}u + lane, ${filterRows - 1}u);
  let first = group.y * ${block}u;
  let kh = filter_row % ${kernel[0]}u;
  let channel = first / ${groupOut}u * ${groupIn}u + filter_row / ${kernel[0]}u;
  ${dealt ? gradients.numbers.join('\n  ') : ''}
  let place = (group.z + ${firstPart}u) * ${outChannels * groupIn * taps}u + first * ${groupIn * taps}u + filter_row * ${kernel[1]}u;
  ${pairs.map(([o, kw]) => `var sum${o}_${kw} = ${accumulates ? `sums[place + ${o * groupIn * taps + kw}u]` : '0.0'};`).join(' ')}
  let last = min((group.z + 1u) * ${samplesPerPart}u, ${loopBound(batch, 'x')});
  let rows = ${loopBound(outSize[0], 'x')};
  let columns = ${loopBound(outSize[1], 'x')};
  for (var sample = group.z * ${samplesPerPart}u; sample < last; sample++) {
    for (var oh = 0u; oh < rows; oh++) {
      let h = i32(oh * ${stride[0]}u + kh) - ${padding[0]};
      let inside = h >= 0 && h < ${inSize[0]};
      let line = ((sample * ${inChannels}u + channel) * ${inSize[0]}u + u32(clamp(h, 0, ${inSize[0] - 1}))) * ${inSize[1]}u;
      let out = (sample * ${outChannels}u + first) * ${plane}u + oh * ${outSize[1]}u;
      for (var ow = 0u; ow < columns; ow += ${places}u) {
        ${lines.join('\n        ')}
      }
    }
  }
  ${pairs.map(([o, kw]) => `sums[place + ${o * groupIn * taps + kw}u] = sum${o}_${kw};`).join(' ')}
}`,
  }
}

/** An invocation sums one tap over a part's samples for several output channels: a value of the image is loaded once for all. */
function partVariant(sizes: ConvSizes, { samplesPerPart, firstPart = 0, accumulates = false }: PartShare, storage: ConvStorage): KernelVariant {
  const { batch, outChannels, inChannels, groupIn, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  const block = channelBlock(groupOut)
  const plane = outSize[0] * outSize[1]
  const perChannel = groupIn * kernel[0] * kernel[1]
  const perPart = (outChannels * perChannel) / block
  return eachVariant({
    name: `part-per-thread-${block}`,
    count: Math.ceil(batch / samplesPerPart) * perPart,
    operands: convOperands(storage, ['gradient', 'x', 'sums']),
    body: /* wgsl */ `
  let part = i / ${perPart}u;
  let first = i % ${perPart}u / ${perChannel}u * ${block}u;
  let tap = i % ${perChannel}u;
  let place = (part + ${firstPart}u) * ${outChannels * perChannel}u + first * ${perChannel}u + tap;
  let kw = tap % ${kernel[1]}u;
  let kh = tap / ${kernel[1]}u % ${kernel[0]}u;
  let channel = first / ${groupOut}u * ${groupIn}u + tap / ${kernel[0] * kernel[1]}u;
  ${range(block)
    .map((o) => `var sum${o} = ${accumulates ? `sums[place + ${o * perChannel}u]` : '0.0'};`)
    .join(' ')}
  let last = min((part + 1u) * ${samplesPerPart}u, ${loopBound(batch, 'x')});
  let rows = ${loopBound(outSize[0], 'x')};
  let columns = ${loopBound(outSize[1], 'x')};
  for (var sample = part * ${samplesPerPart}u; sample < last; sample++) {
    for (var oh = 0u; oh < rows; oh++) {
      let h = i32(oh * ${stride[0]}u + kh) - ${padding[0]};
      if (h < 0 || h >= ${inSize[0]}) { continue; }
      let line = ((sample * ${inChannels}u + channel) * ${inSize[0]}u + u32(h)) * ${inSize[1]}u;
      let out = (sample * ${outChannels}u + first) * ${plane}u + oh * ${outSize[1]}u;
      for (var ow = 0u; ow < columns; ow++) {
        let w = i32(ow * ${stride[1]}u + kw) - ${padding[1]};
        if (w < 0 || w >= ${inSize[1]}) { continue; }
        let value = ${convLoad(storage, 'x', 'line + u32(w)')};
        ${range(block)
          .map((o) => `sum${o} += value * ${convLoad(storage, 'gradient', `out + ow + ${o * plane}u`)};`)
          .join(' ')}
      }
    }
  }
  ${range(block)
    .map((o) => `sums[place + ${o * perChannel}u] = sum${o};`)
    .join(' ')}`,
  })
}
