import { eachVariant, floats } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import type { WindowAttributes } from './window.ts'

export function windowVariant(shape: readonly number[], { offset, size }: WindowAttributes): KernelVariant {
  const [outer = 0, length = 0, inner = 0] = shape
  return eachVariant({
    name: 'each-f32',
    count: outer * size * inner,
    operands: floats('x', 'result'),
    body: /* wgsl */ `
  let place = i32(i / ${inner}u % ${size}u) + ${offset};
  if (place < 0 || place >= ${length}) { result[i] = 0.0; return; }
  result[i] = x[(i / ${inner * size}u * ${length}u + u32(place)) * ${inner}u + i % ${inner}u];`,
  })
}
