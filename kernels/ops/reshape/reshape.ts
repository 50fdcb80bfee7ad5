/** `reshape`: the same elements under another shape; an alias, so it costs nothing. */
import { elementCount, showShape } from '../../graph/graph.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'

export interface ReshapeAttributes {
  readonly shape: readonly number[]
}

export const reshape: OpDefinition<ReshapeAttributes> = {
  name: 'reshape',
  alias: true,
  infer(inputs, { shape }) {
    expectInputs('reshape', inputs, 1)
    const input = at(inputs, 0)
    if (elementCount(shape) !== elementCount(input.shape)) throw shapeMismatch('reshape', `as many elements as ${showShape(shape)} are needed`, inputs)
    return [{ shape, dtype: input.dtype }]
  },
  gradient({ graph, inputs, outputGradients }) {
    const gradient = outputGradients[0]
    return [gradient ? graph.one(reshape, [gradient], { shape: at(inputs, 0).shape }) : null]
  },
  variants: () => [],
  reference: (inputs) => [at(inputs, 0)],
}
