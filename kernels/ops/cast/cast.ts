/**
 * `cast`: `x: [...]` in another type, f32 → f16 rounded to nearest, f16 → f32 exactly. What f16 cannot hold becomes infinity.
 *
 * Only `lowerPrecision` makes casts, after gradients have been taken: there is no gradient rule.
 */
import { elementCount } from '../../graph/graph.ts'
import { at, expectInputs } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { castReference } from './cast.ref.ts'
import { castVariant } from './cast.wgsl.ts'

export interface CastAttributes {
  readonly to: 'f16' | 'f32'
}

export const cast: OpDefinition<CastAttributes> = {
  name: 'cast',
  infer(inputs, { to }) {
    expectInputs('cast', inputs, 1)
    return [{ shape: at(inputs, 0).shape, dtype: to }]
  },
  variants: (node) => [castVariant(elementCount(at(node.inputs, 0).shape), at(node.inputs, 0).dtype, node.attributes.to)],
  split: (node, maxBytes) => splitElements(node, maxBytes),
  reference: (inputs, node) => [castReference(at(inputs, 0), node.attributes)],
}
