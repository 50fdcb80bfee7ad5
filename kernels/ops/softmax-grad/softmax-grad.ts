/** `softmax-grad`: `gradient`, `y: [outer, length, inner]` → y·(gradient − Σ gradient·y). */
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { softmaxGradReference } from './softmax-grad.ref.ts'
import { softmaxGradVariants } from './softmax-grad.wgsl.ts'

export const softmaxGrad: OpDefinition<Record<never, never>> = {
  name: 'softmax-grad',
  infer(inputs) {
    expectInputs('softmax-grad', inputs, 2)
    if (at(inputs, 0).shape.length !== 3 || !sameShape(at(inputs, 0), at(inputs, 1))) {
      throw shapeMismatch('softmax-grad', 'gradient and output must have one shape [outer, length, inner]', inputs)
    }
    return [at(inputs, 0)]
  },
  variants: (node, caps) => softmaxGradVariants(at(node.inputs, 0).shape, caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [softmaxGradReference(at(inputs, 0), at(inputs, 1), at(node.inputs, 0).shape)],
}
