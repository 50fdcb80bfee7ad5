import { loopBound } from '../../plan/wgsl.ts'
import { channelBlock, range } from '../conv2d/conv2d.wgsl.ts'
import type { ConvSizes } from '../conv2d/types.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'

/** An invocation sums one tap over a part's samples for several output channels: a value of the image is loaded once for all. */
export function conv2dWeightGradVariant(sizes: ConvSizes, samplesPerPart: number): KernelVariant {
  const { batch, outChannels, inChannels, groupIn, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  const block = channelBlock(groupOut)
  const plane = outSize[0] * outSize[1]
  const perChannel = groupIn * kernel[0] * kernel[1]
  const perPart = (outChannels * perChannel) / block
  return eachVariant({
    name: `part-per-thread-${block}`,
    count: Math.ceil(batch / samplesPerPart) * perPart,
    operands: floats('gradient', 'x', 'sums'),
    body: /* wgsl */ `
  let part = i / ${perPart}u;
  let first = i % ${perPart}u / ${perChannel}u * ${block}u;
  let tap = i % ${perChannel}u;
  let kw = tap % ${kernel[1]}u;
  let kh = tap / ${kernel[1]}u % ${kernel[0]}u;
  let channel = first / ${groupOut}u * ${groupIn}u + tap / ${kernel[0] * kernel[1]}u;
  ${range(block)
    .map((o) => `var sum${o} = 0.0;`)
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
        let value = x[line + u32(w)];
        ${range(block)
          .map((o) => `sum${o} += value * gradient[out + ow + ${o * plane}u];`)
          .join(' ')}
      }
    }
  }
  let place = part * ${outChannels * perChannel}u + first * ${perChannel}u + tap;
  ${range(block)
    .map((o) => `sums[place + ${o * perChannel}u] = sum${o};`)
    .join(' ')}`,
  })
}
