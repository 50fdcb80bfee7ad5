/**
 * `unary-grad`: `gradient: [...]`, `saved: [...]` → `gradient · activation′(saved)`. `saved` is the activation's input
 * or output, as `derivativeFrom` says.
 */
import { elementCount } from '../../graph/graph.ts'
import type { Activation } from '../activation.ts'
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { unaryGradReference } from './unary-grad.ref.ts'
import { unaryGradVariant } from './unary-grad.wgsl.ts'

export interface UnaryGradAttributes {
  readonly activation: Activation
}

export const unaryGrad: OpDefinition<UnaryGradAttributes> = {
  name: 'unary-grad',
  infer(inputs) {
    expectInputs('unary-grad', inputs, 2)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('unary-grad', 'gradient and saved value must have one shape', inputs)
    return [at(inputs, 0)]
  },
  half: { accepts: [0, 1], results: [0] },
  variants: ({ attributes, inputs, outputs }) => [
    unaryGradVariant(attributes.activation, elementCount(at(inputs, 0).shape), {
      gradient: at(inputs, 0).dtype,
      saved: at(inputs, 1).dtype,
      result: at(outputs, 0).dtype,
    }),
  ],
  split: (node, maxBytes) => splitElements(node, maxBytes),
  reference: (inputs, node) => [unaryGradReference(at(inputs, 0), at(inputs, 1), node.attributes.activation)],
}
