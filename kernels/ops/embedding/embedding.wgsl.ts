import { eachVariant } from '../each.wgsl.ts'
import type { KernelVariant } from '../op.ts'

/** `firstId`: null where the whole table is there. */
export function embeddingVariant(rows: number, table: readonly number[], firstId: number | null): KernelVariant {
  const [vocabulary = 0, width = 0] = table
  // An id below the first wraps around, to beyond any table.
  const part = firstId === null ? '' : `- ${firstId}u; if (id >= ${vocabulary}u) { return; }`
  return eachVariant({
    name: 'each-f32',
    count: rows * width,
    operands: [
      { name: 'ids', element: 'i32' },
      { name: 'weight', element: 'f32' },
      { name: 'result', element: 'f32' },
    ],
    body: `let id = u32(ids[i / ${width}u]) ${part || ';'} result[i] = weight[id * ${width}u + i % ${width}u];`,
  })
}
