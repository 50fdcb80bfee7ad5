/** `reshape`: the elements of a sample under another shape, `[-1, 4]` leaves one size to follow; costs nothing. */
import { elementCount, showShape } from '../graph/graph.ts'
import { reshape as reshapeOp } from '../ops/reshape/reshape.ts'
import type { LayerDefinition } from './layer.ts'

export const reshape: LayerDefinition = {
  type: 'reshape',
  summary: 'the elements of a sample under another shape',
  options: { shape: { type: 'sizes', help: 'sizes without the batch; -1 for one that follows from the others' } },
  shapes: (input, options) => ({ output: shapeFor(input, options.shape as readonly number[]), parameters: [] }),
  build: (context, x, options) =>
    context.graph.one(reshapeOp, [x], { shape: [x.shape[0] ?? 0, ...shapeFor(x.shape.slice(1), options.shape as readonly number[])] }),
}

function shapeFor(input: readonly number[], shape: readonly number[]): number[] {
  const elements = elementCount(input)
  if (shape.filter((size) => size === -1).length > 1) throw new Error('at most one -1 in "shape"')
  const known = elementCount(shape.filter((size) => size !== -1))
  const fits = shape.includes(-1) ? elements % known === 0 : elements === known
  if (!fits) throw new Error(`a number of elements that fits ${showShape(shape)}`)
  return shape.map((size) => (size === -1 ? elements / known : size))
}
