/**
 * `residual`: x + layers(x). In PyTorch a subclass of nn.Sequential whose `forward` adds its input; parameters nest by
 * index: `3.0.weight`.
 */
import { showShape } from '../graph/graph.ts'
import { add } from '../ops/add/add.ts'
import type { LayerDefinition } from './layer.ts'

export const residual: LayerDefinition = {
  type: 'residual',
  summary: 'adds its input to what its layers make of it',
  options: { layers: { type: 'layers', help: 'layers whose output has the shape of their input' } },
  shapes(input, _options, inner = []) {
    if (inner.length !== input.length || inner.some((size, axis) => size !== input[axis])) {
      throw new Error(`layers whose output has the same shape, theirs is ${showShape(inner)}`)
    }
    return { output: input, parameters: [] }
  },
  build: (context, x) => context.graph.one(add, [x, context.inner(x)], {}),
}
