import { wgslFloat } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import { outputsOfInput, type PoolSizes } from '../maxpool2d/types.ts'
import type { KernelVariant } from '../op.ts'

export function avgpool2dGradVariant(sizes: PoolSizes): KernelVariant {
  return eachVariant({
    name: 'gather-f32',
    count: sizes.planes * sizes.inSize[0] * sizes.inSize[1],
    operands: floats('gradient', 'dx'),
    body: /* wgsl */ `
  var sum = 0.0;
  ${outputsOfInput(sizes, 'sum += gradient[output];')}
  dx[i] = sum / ${wgslFloat(sizes.kernel[0] * sizes.kernel[1])};`,
  })
}
