import { loopBound } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { type PoolSizes, windowOfOutput } from './types.ts'

export function maxpool2dVariant(sizes: PoolSizes): KernelVariant {
  const plane = sizes.inSize[0] * sizes.inSize[1]
  return eachVariant({
    name: 'each-f32',
    count: sizes.planes * sizes.outSize[0] * sizes.outSize[1],
    operands: [...floats('x', 'y'), { name: 'places', element: 'i32' }],
    body: /* wgsl */ `
  var best = -3.4e38;
  var place = 0u;
  ${windowOfOutput(sizes, (count) => loopBound(count, 'x'), `let value = x[input]; if (value > best) { best = value; place = input % ${plane}u; }`)}
  y[i] = best;
  places[i] = i32(place);`,
  })
}
