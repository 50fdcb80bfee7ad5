/**
 * `weigh`: `value: [...]`, `stats: [1, 4]` → `value · stats[1]`, the loss's weight. What a batch showed for a buffer is
 * told in this form, so that shares of a batch add up to a weighted mean (`BufferRule`).
 */
import { elementCount } from '../../graph/graph.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitElements } from '../split.ts'
import { weighReference } from './weigh.ref.ts'
import { weighVariant } from './weigh.wgsl.ts'

export const weigh: OpDefinition<Record<never, never>> = {
  name: 'weigh',
  infer(inputs) {
    expectInputs('weigh', inputs, 2)
    if (elementCount(at(inputs, 1).shape) !== 4) throw shapeMismatch('weigh', 'statistics are [1, 4]', inputs)
    return [at(inputs, 0)]
  },
  variants: (node) => [weighVariant(elementCount(at(node.inputs, 0).shape))],
  split: (node, maxBytes) => splitElements(node, maxBytes, [1]),
  reference: (inputs) => [weighReference(at(inputs, 0), at(inputs, 1))],
}
