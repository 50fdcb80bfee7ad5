/**
 * `window`: `x: [outer, length, inner]` → `[outer, size, inner]`: places `offset … offset + size` of the middle dimension,
 * zeros where they lie outside. Slices, pads and shifts; its gradient is the window back.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { windowReference } from './window.ref.ts'
import { windowVariant } from './window.wgsl.ts'

export interface WindowAttributes {
  /** May be negative. */
  readonly offset: number
  readonly size: number
}

export const window: OpDefinition<WindowAttributes> = {
  name: 'window',
  infer(inputs, { size }) {
    expectInputs('window', inputs, 1)
    const [outer = 0, , inner = 0] = at(inputs, 0).shape
    if (at(inputs, 0).shape.length !== 3) throw shapeMismatch('window', 'x [outer, length, inner] is needed', inputs)
    return [{ shape: [outer, size, inner], dtype: 'f32' }]
  },
  gradient({ graph, attributes, inputs, outputGradients }) {
    const g = outputGradients[0]
    return [g ? graph.one(window, [g], { offset: -attributes.offset, size: at(at(inputs, 0).shape, 1) }) : null]
  },
  variants: (node) => [windowVariant(at(node.inputs, 0).shape, node.attributes)],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) }),
  reference: (inputs, node) => [windowReference(at(inputs, 0), at(node.inputs, 0).shape, node.attributes)],
}
