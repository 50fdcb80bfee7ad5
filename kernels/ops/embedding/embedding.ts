/**
 * `embedding`: `ids: [R]` i32, `weight: [V, D]` → `[R, D]`, row `ids[r]` of the weight. Ids are in 0 … V−1: the host has
 * checked them (`engine/batch.ts`).
 */
import { tensorBytes } from '../../plan/types.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { embeddingGrad } from '../embedding-grad/embedding-grad.ts'
import type { OpDefinition } from '../op.ts'
import { rowRanges, rowsOf } from '../split.ts'
import { embeddingReference } from './embedding.ref.ts'
import { embeddingVariant } from './embedding.wgsl.ts'

export interface EmbeddingAttributes {
  /** Of a piece of a larger node: the id that the table's first row here belongs to; rows of ids without one here stay as they are. */
  readonly firstId?: number
}

export const embedding: OpDefinition<EmbeddingAttributes> = {
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
  variants: (node) => [embeddingVariant(at(at(node.inputs, 0).shape, 0), at(node.inputs, 1).shape, node.attributes.firstId ?? null)],
  split(node, maxBytes) {
    const [ids, weight, result] = [at(node.inputs, 0), at(node.inputs, 1), at(node.outputs, 0)]
    const rows = at(result.shape, 0)
    const vocabulary = at(weight.shape, 0)
    const places = rowRanges(
      rows,
      [ids, result].map((type) => tensorBytes(type) / rows),
      maxBytes,
    )
    const parts = rowRanges(vocabulary, [tensorBytes(weight) / vocabulary], maxBytes)
    if (places === null || parts === null) return null
    return places.flatMap((place) =>
      parts.map((part) => {
        const inputs = [rowsOf(ids, rows, place), rowsOf(weight, vocabulary, part)]
        const outputs = [rowsOf(result, rows, place)]
        return { attributes: { firstId: part.first }, inputs, outputs, measuredAs: { attributes: {}, inputs, outputs } }
      }),
    )
  },
  reference: (inputs, node) => [embeddingReference(at(inputs, 0), at(inputs, 1), at(at(node.inputs, 1).shape, 1))],
}
