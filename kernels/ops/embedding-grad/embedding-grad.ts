/**
 * `embedding-grad`: `ids: [R]` i32, `gradient: [R, D]` → `[V, D]`: for each id the sum of the rows that have it, in row
 * order. Each id gathers its rows (no float atomics), so the same batch gives the same bits.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { embeddingGradReference } from './embedding-grad.ref.ts'
import { embeddingGradVariant } from './embedding-grad.wgsl.ts'

export interface EmbeddingGradAttributes {
  readonly vocabulary: number
}

export const embeddingGrad: OpDefinition<EmbeddingGradAttributes> = {
  name: 'embedding-grad',
  infer(inputs, { vocabulary }) {
    expectInputs('embedding-grad', inputs, 2)
    const [ids, gradient] = [at(inputs, 0), at(inputs, 1)]
    if (ids.dtype !== 'i32' || gradient.shape.length !== 2 || ids.shape[0] !== gradient.shape[0]) {
      throw shapeMismatch('embedding-grad', 'i32 ids [R] and a gradient [R, D] are needed', inputs)
    }
    return [{ shape: [vocabulary, at(gradient.shape, 1)], dtype: 'f32' }]
  },
  variants: (node) => [embeddingGradVariant(at(node.inputs, 1).shape, node.attributes.vocabulary)],
  reference: (inputs, node) => [embeddingGradReference(at(inputs, 0), at(inputs, 1), at(at(node.inputs, 1).shape, 1), node.attributes.vocabulary)],
}
