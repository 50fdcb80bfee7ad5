/**
 * `norm`: layer, group and RMS norm.
 *
 *   `x: [R, L]`, `scale: [C]`, `shift: [C]` (where centered)  →  `y: [R, L]`, `stats: [R, 2]` = (mean, 1/√(variance + ε))
 *
 * Variance is over the row, biased, as PyTorch has it; RMS norm has mean 0 and the mean square for variance.
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import { normGrad } from '../norm-grad/norm-grad.ts'
import { normScaleGrad } from '../norm-scale-grad/norm-scale-grad.ts'
import type { OpDefinition } from '../op.ts'
import { sumPerChannel } from '../row-sum/row-sum.ts'
import { splitRows } from '../split.ts'
import { normReference } from './norm.ref.ts'
import { normVariants } from './norm.wgsl.ts'
import { type NormAttributes, rowLengthOf } from './types.ts'

export const norm: OpDefinition<NormAttributes> = {
  name: 'norm',
  infer(inputs, attributes) {
    expectInputs('norm', inputs, attributes.centered ? 3 : 2)
    const x = at(inputs, 0)
    const vectors = inputs.slice(1).every(({ shape }) => shape.length === 1 && shape[0] === attributes.channels)
    if (x.shape.length !== 2 || x.shape[1] !== rowLengthOf(attributes) || !vectors) {
      throw shapeMismatch('norm', `rows of ${rowLengthOf(attributes)} and vectors of ${attributes.channels} are needed`, inputs)
    }
    return [x, { shape: [at(x.shape, 0), 2], dtype: 'f32' }]
  },
  gradient({ graph, attributes, inputs, outputs, outputGradients, needs }) {
    const g = outputGradients[0]
    if (!g) return inputs.map(() => null)
    const [x, scale, stats] = [at(inputs, 0), at(inputs, 1), at(outputs, 1)]
    const { channels, spatial } = attributes
    return [
      needs[0] ? graph.one(normGrad, [g, x, stats, scale], attributes) : null,
      needs[1] ? sumPerChannel(graph, graph.one(normScaleGrad, [g, x, stats], {}), channels, spatial) : null,
      ...(attributes.centered ? [needs[2] ? sumPerChannel(graph, g, channels, spatial) : null] : []),
    ]
  },
  half: { results: [0] },
  variants: (node, caps) => normVariants(at(at(node.inputs, 0).shape, 0), node.attributes, at(node.outputs, 0).dtype, caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0) / node.attributes.groups, whole: [1, 2] }),
  reference: (inputs, node) => normReference(inputs, node.attributes),
}
