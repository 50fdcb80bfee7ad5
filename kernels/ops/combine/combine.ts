/** `combine`: α·a + β·b, element by element. Part of Muon's iteration. */
import { elementCount } from '../../graph/graph.ts'
import { at, expectInputs, sameShape, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { combineReference } from './combine.ref.ts'
import { combineVariant } from './combine.wgsl.ts'

export interface CombineAttributes {
  readonly alpha: number
  readonly beta: number
}

export const combine: OpDefinition<CombineAttributes> = {
  name: 'combine',
  infer(inputs) {
    expectInputs('combine', inputs, 2)
    if (!sameShape(at(inputs, 0), at(inputs, 1))) throw shapeMismatch('combine', 'both terms must have one shape', inputs)
    return [at(inputs, 0)]
  },
  variants: (node) => [combineVariant(elementCount(at(node.inputs, 0).shape), node.attributes)],
  split: (node, maxBytes) => splitElements(node, maxBytes),
  reference: (inputs, node) => [combineReference(at(inputs, 0), at(inputs, 1), node.attributes)],
}
