/**
 * `batchnorm-apply`: batch norm in evaluation, with running statistics. `x: [B, C, S]`, `mean`, `variance`, `scale`, `shift: [C]` → `[B, C, S]`.
 */

import type { BatchNormAttributes } from '../batchnorm/types.ts'
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition } from '../op.ts'
import { splitRows } from '../split.ts'
import { batchnormApplyReference } from './batchnorm-apply.ref.ts'
import { batchnormApplyVariant } from './batchnorm-apply.wgsl.ts'

export const batchnormApply: OpDefinition<BatchNormAttributes> = {
  name: 'batchnorm-apply',
  infer(inputs) {
    expectInputs('batchnorm-apply', inputs, 5)
    const { shape } = at(inputs, 0)
    if (shape.length !== 3 || !inputs.slice(1).every((vector) => vector.shape.length === 1 && vector.shape[0] === shape[1])) {
      throw shapeMismatch('batchnorm-apply', 'x [B, C, S] and four vectors [C] are needed', inputs)
    }
    return [at(inputs, 0)]
  },
  variants: (node) => [batchnormApplyVariant(at(node.inputs, 0).shape, node.attributes.eps)],
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [1, 2, 3, 4] }),
  reference: (inputs, node) => [batchnormApplyReference(inputs, at(node.inputs, 0).shape, node.attributes.eps)],
}
