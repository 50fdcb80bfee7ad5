/**
 * `lstm-grad`: the way back through the steps of `lstm`.
 *
 *   `gradient: [B, T, H]` of hidden, `active: [B, T, 4H]`, `cell: [B, T, H]`, `weight: [4H, H]`
 *     →  `gates: [B, T, 4H]`, the gradient before the gates' functions, and `carry: [B, H]`, working memory
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition, TensorType } from '../op.ts'
import type { RecurrentSizes } from '../recurrent.wgsl.ts'
import { splitRows } from '../split.ts'
import { lstmGradReference } from './lstm-grad.ref.ts'
import { lstmGradVariants } from './lstm-grad.wgsl.ts'

export const lstmGrad: OpDefinition<Record<never, never>> = {
  name: 'lstm-grad',
  infer(inputs) {
    expectInputs('lstm-grad', inputs, 4)
    const { samples, steps, units } = sizesOf(inputs)
    if (at(inputs, 1).shape[2] !== 4 * units || at(inputs, 3).shape[0] !== 4 * units)
      throw shapeMismatch('lstm-grad', 'gradient [B, T, H], gates [B, T, 4H], cell [B, T, H] and a weight [4H, H] are needed', inputs)
    return [
      { shape: [samples, steps, 4 * units], dtype: 'f32' },
      { shape: [samples, units], dtype: 'f32' },
    ]
  },
  variants: (node, caps) => lstmGradVariants(sizesOf(node.inputs), caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [3] }),
  reference: (inputs, node) => lstmGradReference(inputs, sizesOf(node.inputs)),
}

function sizesOf(inputs: readonly TensorType[]): RecurrentSizes {
  const [samples = 0, steps = 0, units = 0] = at(inputs, 0).shape
  return { samples, steps, units }
}
