/** `unit-scale`: `x: [...]`, `squares: [1, 1]` → `x / max(√squares, eps)`: a matrix of Frobenius norm 1, given the sum of its squares. */
import { elementCount } from '../../graph/graph.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { unitScaleReference } from './unit-scale.ref.ts'
import { unitScaleVariant } from './unit-scale.wgsl.ts'

export interface UnitScaleAttributes {
  readonly eps: number
}

export const unitScale: OpDefinition<UnitScaleAttributes> = {
  name: 'unit-scale',
  infer(inputs) {
    expectInputs('unit-scale', inputs, 2)
    if (elementCount(at(inputs, 1).shape) !== 1) throw shapeMismatch('unit-scale', 'one sum of squares is needed', inputs)
    return [at(inputs, 0)]
  },
  variants: (node) => [unitScaleVariant(elementCount(at(node.inputs, 0).shape), node.attributes)],
  split: (node, maxBytes) => splitElements(node, maxBytes, [1]),
  reference: (inputs, node) => [unitScaleReference(at(inputs, 0), at(inputs, 1), node.attributes)],
}
