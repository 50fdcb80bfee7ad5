/**
 * `embedding`: `ids: [R]` i32, `weight: [V, D]` → `[R, D]`, row `ids[r]` of the weight. Ids are in 0 … V−1: the host has
 * checked them (`engine/batch.ts`).
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { embeddingGrad } from '../embedding-grad/embedding-grad.ts'
import type { OpDefinition } from '../op.ts'
import { embeddingReference } from './embedding.ref.ts'
import { embeddingVariant } from './embedding.wgsl.ts'

export const embedding: OpDefinition<Record<never, never>> = {
  name: 'embedding',
  infer(inputs) {
    expectInputs('embedding', inputs, 2)
    const [ids, weight] = [at(inputs, 0), at(inputs, 1)]
    if (ids.dtype !== 'i32' || ids.shape.length !== 1 || weight.shape.length !== 2) {
      throw shapeMismatch('embedding', 'i32 ids [R] and a weight [V, D] are needed', inputs)
    }
    return [{ shape: [at(ids.shape, 0), at(weight.shape, 1)], dtype: 'f32' }]
  },
  gradient({ graph, inputs, outputGradients, needs }) {
    const g = outputGradients[0]
    return [null, g && needs[1] ? graph.one(embeddingGrad, [at(inputs, 0), g], { vocabulary: at(at(inputs, 1).shape, 0) }) : null]
  },
  variants: (node) => [embeddingVariant(at(at(node.inputs, 0).shape, 0), at(at(node.inputs, 1).shape, 1))],
  reference: (inputs, node) => [embeddingReference(at(inputs, 0), at(inputs, 1), at(at(node.inputs, 1).shape, 1))],
}
