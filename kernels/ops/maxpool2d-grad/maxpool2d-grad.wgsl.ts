import { eachVariant } from '../each.wgsl.ts'
import { outputsOfInput, type PoolSizes } from '../maxpool2d/types.ts'
import type { KernelVariant } from '../op.ts'

export function maxpool2dGradVariant(sizes: PoolSizes): KernelVariant {
  const plane = sizes.inSize[0] * sizes.inSize[1]
  return eachVariant({
    name: 'gather-f32',
    count: sizes.planes * plane,
    operands: [
      { name: 'gradient', element: 'f32' },
      { name: 'places', element: 'i32' },
      { name: 'dx', element: 'f32' },
    ],
    body: /* wgsl */ `
  let own = i32(i % ${plane}u);
  var sum = 0.0;
  ${outputsOfInput(sizes, 'if (places[output] == own) { sum += gradient[output]; }')}
  dx[i] = sum;`,
  })
}
