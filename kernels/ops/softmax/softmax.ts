/** `softmax`: `x: [outer, length, inner]` → the same shape, exponentials that sum to 1 along the middle dimension. */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { softmaxGrad } from '../softmax-grad/softmax-grad.ts'
import { splitRows } from '../split.ts'
import { softmaxReference } from './softmax.ref.ts'
import { softmaxVariants } from './softmax.wgsl.ts'

export const softmax: OpDefinition<Record<never, never>> = {
  name: 'softmax',
  infer(inputs) {
    expectInputs('softmax', inputs, 1)
    if (at(inputs, 0).shape.length !== 3) throw shapeMismatch('softmax', 'x [outer, length, inner] is needed', inputs)
    return [at(inputs, 0)]
  },
  gradient({ graph, outputs, outputGradients }) {
    const g = outputGradients[0]
    return [g ? graph.one(softmaxGrad, [g, at(outputs, 0)], {}) : null]
  },
  variants: (node, caps) => softmaxVariants(at(node.inputs, 0).shape, caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [softmaxReference(at(inputs, 0), at(node.inputs, 0).shape)],
}
