/**
 * `dropout`: `x: [B, ...]` → kept elements · 1/(1 − p), the others zero.
 *
 * The mask is a pure function of (seed, step, layer, place of the sample in the whole batch, element): a batch that is
 * split among peers drops the same elements as an unsplit one, and the backward pass draws the mask again instead of
 * storing it. The op is linear, so its gradient is the op itself.
 */
import { at, expectInputs } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { dropoutReference } from './dropout.ref.ts'
import { dropoutVariant } from './dropout.wgsl.ts'
import type { DropoutAttributes } from './types.ts'

export const dropout: OpDefinition<DropoutAttributes> = {
  name: 'dropout',
  infer(inputs) {
    expectInputs('dropout', inputs, 1)
    return [at(inputs, 0)]
  },
  gradient({ graph, attributes, outputGradients }) {
    const gradient = outputGradients[0]
    return [gradient ? graph.one(dropout, [gradient], attributes) : null]
  },
  variants: (node) => [dropoutVariant(at(node.inputs, 0).shape, node.attributes)],
  split: (node, maxBytes) =>
    splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), attributes: ({ first }) => ({ ...node.attributes, firstSample: first }) }),
  reference: (inputs, node, step) => [dropoutReference(at(inputs, 0), at(node.inputs, 0).shape, node.attributes, step)],
}
