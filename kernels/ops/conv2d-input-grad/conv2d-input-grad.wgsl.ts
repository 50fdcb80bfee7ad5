import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { channelBlock, range } from '../conv2d/blocks.ts'
import { convStripVariants } from '../conv2d/strip.wgsl.ts'
import { type ConvSizes, type ConvStorage, convLoad, convOperands } from '../conv2d/types.ts'
import { eachVariant } from '../each.wgsl.ts'
import { storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'

/** `at` is the place plus padding minus the tap: an output lies there if the stride divides it. Statements that set `to` or go on. */
function outputPlace(at: string, to: string, stride: number, size: number): string {
  const divides = stride === 1 ? '' : ` || ${at} % ${stride} != 0`
  return `if (${at} < 0${divides}) { continue; } let ${to} = u32(${stride === 1 ? at : `${at} / ${stride}`}); if (${to} >= ${size}u) { continue; }`
}

/** With stride 1 it is a convolution of the gradient with the flipped filter, input and output channels in each other's place. */
export function conv2dInputGradVariants(sizes: ConvSizes, storage: ConvStorage, caps: DeviceCaps): KernelVariant[] {
  const { batch, inChannels, groupIn, outChannels, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  if (stride[0] !== 1 || stride[1] !== 1) return [gatherVariant(sizes, storage)]
  const strips = convStripVariants({
    sizes: {
      batch,
      sourceChannels: outChannels,
      groupSource: groupOut,
      targetChannels: inChannels,
      groupTarget: groupIn,
      sourceSize: outSize,
      targetSize: inSize,
      kernel,
      stride,
      padding: [kernel[0] - 1 - padding[0], kernel[1] - 1 - padding[1]],
    },
    caps,
    storage,
    names: { source: 'gradient', target: 'dx' },
    order: ['gradient', 'weight', 'dx'],
    hasBias: false,
    activation: null,
    weightBase: (row, kw) =>
      `(${row} / ${groupIn}u * ${groupOut * groupIn}u + ${row} % ${groupIn}u) * ${kernel[0] * kernel[1]}u + ${kernel[0] * kernel[1] - 1}u - ${kw}`,
    weightOffset: (c, kh) => `${c} * ${groupIn * kernel[0] * kernel[1]}u - ${kh} * ${kernel[1]}u`,
  })
  return [...strips, gatherVariant(sizes, storage)]
}

/** An invocation makes one place of the input's gradient for several of its channels. */
function gatherVariant(sizes: ConvSizes, storage: ConvStorage): KernelVariant {
  const { batch, outChannels, inChannels, groupIn, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  const block = channelBlock(groupIn)
  const plane = inSize[0] * inSize[1]
  const taps = kernel[0] * kernel[1]
  return eachVariant({
    name: `gather-${block}`,
    count: (batch * inChannels * plane) / block,
    operands: convOperands(storage, ['gradient', 'weight', 'dx']),
    functions: storeFunctions(storage.result),
    body: /* wgsl */ `
  let w = i % ${inSize[1]}u;
  let h = i / ${inSize[1]}u % ${inSize[0]}u;
  let first = i / ${plane}u % ${inChannels / block}u * ${block}u;
  let sample = i / ${(plane * inChannels) / block}u;
  let group_first = first / ${groupIn}u * ${groupOut}u;
  ${range(block)
    .map((c) => `var sum${c} = 0.0;`)
    .join(' ')}
  let channels = ${loopBound(groupOut, 'gradient')};
  let rows = ${loopBound(kernel[0], 'gradient')};
  let columns = ${loopBound(kernel[1], 'gradient')};
  for (var o = group_first; o < group_first + channels; o++) {
    for (var kh = 0u; kh < rows; kh++) {
      let from_h = i32(h + ${padding[0]}u) - i32(kh);
      ${outputPlace('from_h', 'oh', stride[0], outSize[0])}
      let line = ((sample * ${outChannels}u + o) * ${outSize[0]}u + oh) * ${outSize[1]}u;
      let tap = (o * ${groupIn}u + first % ${groupIn}u) * ${taps}u + kh * ${kernel[1]}u;
      for (var kw = 0u; kw < columns; kw++) {
        let from_w = i32(w + ${padding[1]}u) - i32(kw);
        ${outputPlace('from_w', 'ow', stride[1], outSize[1])}
        let value = ${convLoad(storage, 'gradient', 'line + ow')};
        ${range(block)
          .map((c) => `sum${c} += value * ${convLoad(storage, 'weight', `tap + kw + ${c * taps}u`)};`)
          .join(' ')}
      }
    }
  }
  let place = (sample * ${inChannels}u + first) * ${plane}u + i % ${plane}u;
  ${range(block)
    .map((c) => `dx[place + ${c * plane}u] = ${toStore(storage.result, 1, `sum${c}`)};`)
    .join(' ')}`,
  })
}
