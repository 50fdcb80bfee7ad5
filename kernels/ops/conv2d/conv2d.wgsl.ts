/**
 * Direct convolution. An invocation makes one place of the output for several channels, so that a value of the image is
 * loaded once for all of them; neighbouring invocations lie side by side along the width.
 */
import type { DeviceCaps } from '../../device/caps.ts'
import { loopBound } from '../../plan/wgsl.ts'
import { type Activation, activateFunction } from '../activation.ts'
import { eachVariant } from '../each.wgsl.ts'
import { storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { channelBlock, range } from './blocks.ts'
import { convStripVariants } from './strip.wgsl.ts'
import { type ConvSizes, type ConvStorage, convLoad, convOperands } from './types.ts'

export interface ConvEpilogue {
  readonly storage: ConvStorage
  readonly hasBias: boolean
  readonly activation: Activation | null
}

export function conv2dVariants(sizes: ConvSizes, epilogue: ConvEpilogue, caps: DeviceCaps): KernelVariant[] {
  const { storage, hasBias, activation } = epilogue
  const { batch, inChannels, groupIn, outChannels, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  const strips = convStripVariants({
    sizes: {
      batch,
      sourceChannels: inChannels,
      groupSource: groupIn,
      targetChannels: outChannels,
      groupTarget: groupOut,
      sourceSize: inSize,
      targetSize: outSize,
      kernel,
      stride,
      padding,
    },
    caps,
    storage,
    names: { source: 'x', target: 'y' },
    order: ['x', 'weight', ...(hasBias ? ['bias'] : []), 'y'],
    hasBias,
    activation,
    weightBase: (row, kw) => `${row} * ${groupIn * kernel[0] * kernel[1]}u + ${kw}`,
    weightOffset: (c, kh) => `(${c} * ${kernel[0]}u + ${kh}) * ${kernel[1]}u`,
  })
  return [...strips, directVariant(sizes, epilogue)]
}

function directVariant(sizes: ConvSizes, { storage, hasBias, activation }: ConvEpilogue): KernelVariant {
  const { batch, outChannels, inChannels, groupIn, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  const block = channelBlock(groupOut)
  const plane = outSize[0] * outSize[1]
  const taps = kernel[0] * kernel[1]
  const perChannel = groupIn * taps
  return eachVariant({
    name: `direct-${block}`,
    count: (batch * outChannels * plane) / block,
    operands: convOperands(storage, ['x', 'weight', ...(hasBias ? ['bias'] : []), 'y']),
    functions: `${activateFunction(activation)}\n${storeFunctions(storage.result)}`,
    body: /* wgsl */ `
  let ow = i % ${outSize[1]}u;
  let oh = i / ${outSize[1]}u % ${outSize[0]}u;
  let first = i / ${plane}u % ${outChannels / block}u * ${block}u;
  let sample = i / ${(plane * outChannels) / block}u;
  let top = i32(oh * ${stride[0]}u) - ${padding[0]};
  let left = i32(ow * ${stride[1]}u) - ${padding[1]};
  ${range(block)
    .map((o) => `var sum${o} = ${hasBias ? `bias[first + ${o}u]` : '0.0'};`)
    .join(' ')}
  let image = sample * ${inChannels}u + first / ${groupOut}u * ${groupIn}u;
  let channels = ${loopBound(groupIn, 'x')};
  let rows = ${loopBound(kernel[0], 'x')};
  let columns = ${loopBound(kernel[1], 'x')};
  for (var c = 0u; c < channels; c++) {
    for (var kh = 0u; kh < rows; kh++) {
      let h = top + i32(kh);
      if (h < 0 || h >= ${inSize[0]}) { continue; }
      let line = ((image + c) * ${inSize[0]}u + u32(h)) * ${inSize[1]}u;
      let tap = first * ${perChannel}u + c * ${taps}u + kh * ${kernel[1]}u;
      for (var kw = 0u; kw < columns; kw++) {
        let w = left + i32(kw);
        if (w < 0 || w >= ${inSize[1]}) { continue; }
        let value = ${convLoad(storage, 'x', 'line + u32(w)')};
        ${range(block)
          .map((o) => `sum${o} += value * ${convLoad(storage, 'weight', `tap + kw + ${o * perChannel}u`)};`)
          .join(' ')}
      }
    }
  }
  let place = (sample * ${outChannels}u + first) * ${plane}u + i % ${plane}u;
  ${range(block)
    .map((o) => `y[place + ${o * plane}u] = ${toStore(storage.result, 1, `activate(sum${o})`)};`)
    .join(' ')}`,
  })
}
