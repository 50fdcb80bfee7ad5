/**
 * `embedding-grad`: `ids: [R]` i32, `gradient: [R, D]` → `[V, D]`: for each id the sum of the rows that have it, in row
 * order. Each id gathers its rows (no float atomics), so the same batch gives the same bits.
 */
import { tensorBytes } from '../../plan/types.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { rowRanges, rowsOf } from '../split.ts'
import { embeddingGradReference } from './embedding-grad.ref.ts'
import { embeddingGradVariants } from './embedding-grad.wgsl.ts'

export interface EmbeddingGradAttributes {
  readonly vocabulary: number
  /** Of a piece of a larger node: the id of its first sum. */
  readonly firstId?: number
  /** The sums hold what comes before among the rows. */
  readonly accumulates?: boolean
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
  variants: (node, caps) => embeddingGradVariants(at(node.inputs, 1).shape, node.attributes, caps),
  split(node, maxBytes) {
    const [ids, gradient, sums] = [at(node.inputs, 0), at(node.inputs, 1), at(node.outputs, 0)]
    const rows = at(gradient.shape, 0)
    const { vocabulary } = node.attributes
    const places = rowRanges(
      rows,
      [ids, gradient].map((type) => tensorBytes(type) / rows),
      maxBytes,
    )
    const parts = rowRanges(vocabulary, [tensorBytes(sums) / vocabulary], maxBytes)
    if (places === null || parts === null) return null
    return parts.flatMap((part) =>
      places.map((place) => {
        const inputs = [rowsOf(ids, rows, place), rowsOf(gradient, rows, place)]
        const outputs = [rowsOf(sums, vocabulary, part)]
        const attributes = { vocabulary: part.count, firstId: part.first, accumulates: place.first > 0 }
        return { attributes, inputs, outputs, measuredAs: { attributes: { vocabulary: part.count }, inputs, outputs } }
      }),
    )
  },
  reference: (inputs, node) => [embeddingGradReference(at(inputs, 0), at(inputs, 1), at(at(node.inputs, 1).shape, 1), node.attributes.vocabulary)],
}
