import { eachVariant } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function embeddingVariant(rows: number, width: number): KernelVariant {
  return eachVariant({
    name: 'each-f32',
    count: rows * width,
    operands: [
      { name: 'ids', element: 'i32' },
      { name: 'weight', element: 'f32' },
      { name: 'result', element: 'f32' },
    ],
    body: `result[i] = weight[u32(ids[i / ${width}u]) * ${width}u + i % ${width}u];`,
  })
}
