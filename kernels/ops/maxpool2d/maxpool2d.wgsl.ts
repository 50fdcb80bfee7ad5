import { loopBound } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { eachOfWindow, type PoolSizes, windowOfOutput, windowsAreInside } from './types.ts'

export function maxpool2dVariants(sizes: PoolSizes): KernelVariant[] {
  const walked = windowOfOutput(sizes, (count) => loopBound(count, 'x'), statements(sizes))
  return [...(windowsAreInside(sizes) ? [variant('unrolled-f32', sizes, eachOfWindow(sizes, statements(sizes)))] : []), variant('each-f32', sizes, walked)]
}

function statements({ inSize }: PoolSizes): string {
  return `let value = x[input]; if (value > best) { best = value; place = input % ${inSize[0] * inSize[1]}u; }`
}

function variant(name: string, sizes: PoolSizes, walk: string): KernelVariant {
  return eachVariant({
    name,
    count: sizes.planes * sizes.outSize[0] * sizes.outSize[1],
    operands: [...floats('x', 'y'), { name: 'places', element: 'i32' }],
    body: /* wgsl */ `
  var best = -3.4e38;
  var place = 0u;
  ${walk}
  y[i] = best;
  places[i] = i32(place);`,
  })
}
