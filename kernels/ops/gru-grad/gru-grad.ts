/**
 * `gru-grad`: the way back through the steps of `gru`.
 *
 *   `gradient: [B, T, H]` of hidden, `active: [B, T, 4H]`, `hidden: [B, T, H]`, `weight: [3H, H]`
 *     →  `inputs: [B, T, 3H]` and `products: [B, T, 3H]`, the gradients of the inputs' share of the gates and of W h + b,
 *        which differ in n, and `carry: [B, H]`, working memory
 */
import { at, expectInputs, shapeMismatch } from '../check.ts'
import type { OpDefinition, TensorType } from '../op.ts'
import type { RecurrentSizes } from '../recurrent.wgsl.ts'
import { splitRows } from '../split.ts'
import { gruGradReference } from './gru-grad.ref.ts'
import { gruGradVariants } from './gru-grad.wgsl.ts'

export const gruGrad: OpDefinition<Record<never, never>> = {
  name: 'gru-grad',
  infer(inputs) {
    expectInputs('gru-grad', inputs, 4)
    const { samples, steps, units } = sizesOf(inputs)
    if (at(inputs, 1).shape[2] !== 4 * units || at(inputs, 3).shape[0] !== 3 * units)
      throw shapeMismatch('gru-grad', 'gradient [B, T, H], gates [B, T, 4H], hidden [B, T, H] and a weight [3H, H] are needed', inputs)
    const gates = { shape: [samples, steps, 3 * units], dtype: 'f32' } as const
    return [gates, gates, { shape: [samples, units], dtype: 'f32' }]
  },
  variants: (node, caps) => gruGradVariants(sizesOf(node.inputs), caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [3] }),
  reference: (inputs, node) => gruGradReference(inputs, sizesOf(node.inputs)),
}

function sizesOf(inputs: readonly TensorType[]): RecurrentSizes {
  const [samples = 0, steps = 0, units = 0] = at(inputs, 0).shape
  return { samples, steps, units }
}
