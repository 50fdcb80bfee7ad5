import { wgslFloat } from '../../plan/wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import type { UnitScaleAttributes } from './unit-scale.ts'

export function unitScaleVariant(count: number, { eps }: UnitScaleAttributes): KernelVariant {
  return eachVariant({
    name: 'each-f32',
    count,
    operands: floats('x', 'squares', 'result'),
    body: `result[i] = x[i] / max(sqrt(squares[0]), ${wgslFloat(eps)});`,
  })
}
