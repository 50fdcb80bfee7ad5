/**
 * `unary`: an activation, element by element. `x: [...]` → `[...]`.
 */
import { elementCount } from '../../graph/graph.ts'
import { type Activation, activationRules } from '../activation.ts'
import { at, expectInputs } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { unaryGrad } from '../unary-grad/unary-grad.ts'
import { unaryReference } from './unary.ref.ts'
import { unaryVariant } from './unary.wgsl.ts'

export interface UnaryAttributes {
  readonly activation: Activation
}

export const unary: OpDefinition<UnaryAttributes> = {
  name: 'unary',
  infer(inputs) {
    expectInputs('unary', inputs, 1)
    return [at(inputs, 0)]
  },
  gradient({ graph, attributes, inputs, outputs, outputGradients }) {
    const gradient = outputGradients[0]
    if (!gradient) return [null]
    const saved = activationRules(attributes.activation).derivativeFrom === 'input' ? at(inputs, 0) : at(outputs, 0)
    return [graph.one(unaryGrad, [gradient, saved], { activation: attributes.activation })]
  },
  half: { accepts: [0], results: [0] },
  variants: ({ attributes, inputs, outputs }) => [
    unaryVariant(attributes.activation, elementCount(at(inputs, 0).shape), { source: at(inputs, 0).dtype, result: at(outputs, 0).dtype }),
  ],
  split: (node, maxBytes) => splitElements(node, maxBytes),
  reference: (inputs, node) => [unaryReference(at(inputs, 0), node.attributes.activation)],
}
