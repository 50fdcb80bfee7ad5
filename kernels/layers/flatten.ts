/** `flatten`: all dimensions of a sample in one. `[B, ...]` → `[B, product]`; costs nothing. */
import { elementCount } from '../graph/graph.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import type { LayerDefinition } from './layer.ts'

export const flatten: LayerDefinition = {
  type: 'flatten',
  summary: 'all dimensions of a sample in one',
  options: {},
  shapes: (input) => ({ output: [elementCount(input)], parameters: [] }),
  build: (context, x) => context.graph.one(reshape, [x], { shape: [x.shape[0] ?? 0, elementCount(x.shape.slice(1))] }),
}
