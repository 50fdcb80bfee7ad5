/**
 * `embedding`: token ids to vectors. `ids: [B, ...]` i32 → `[B, ..., embeddingDim]`, `weight: [numEmbeddings, embeddingDim]`,
 * which starts normal with deviation 1, as PyTorch's nn.Embedding does. The first layer of a model, which so takes ids.
 */
import { embedding as embeddingOp } from '../ops/embedding/embedding.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import type { LayerDefinition } from './layer.ts'

export const embedding: LayerDefinition = {
  type: 'embedding',
  summary: 'a learned vector for each token id; the first layer',
  options: {
    numEmbeddings: { type: 'integer', min: 1, max: 16_777_216, help: 'number of ids: 0 to one less' },
    embeddingDim: { type: 'integer', min: 1, max: 65_536, help: 'length of a vector' },
  },
  vocabulary: (options) => options.numEmbeddings as number,
  shapes: (input, options) => ({
    output: [...input, options.embeddingDim as number],
    parameters: [
      { name: 'weight', shape: [options.numEmbeddings as number, options.embeddingDim as number], init: { kind: 'normal', deviation: 1 }, table: true },
    ],
  }),
  build(context, x, options) {
    const rows = x.shape.reduce((product, size) => product * size, 1)
    const vectors = context.graph.one(embeddingOp, [context.graph.one(reshape, [x], { shape: [rows] }), context.parameter('weight')], {})
    return context.graph.one(reshape, [vectors], { shape: [...x.shape, options.embeddingDim as number] })
  },
}
