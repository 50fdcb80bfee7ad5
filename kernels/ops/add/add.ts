/** `add`: `a: [...] + b: [...]`. Autodiff uses it where a tensor has several readers. */
import { elementCount } from '../../graph/graph.ts'
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { addReference } from './add.ref.ts'
import { addVariant } from './add.wgsl.ts'

export const add: OpDefinition<Record<never, never>> = {
  name: 'add',
  infer(inputs) {
    expectInputs('add', inputs, 2)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('add', 'both terms must have one shape', inputs)
    return [at(inputs, 0)]
  },
  gradient({ outputGradients }) {
    const gradient = outputGradients[0] ?? null
    return [gradient, gradient]
  },
  variants: (node) => [addVariant(elementCount(at(node.inputs, 0).shape))],
  split: (node, maxBytes) => splitElements(node, maxBytes),
  reference: (inputs) => [addReference(at(inputs, 0), at(inputs, 1))],
}
