/**
 * `gru`: the steps of a gated recurrent unit, all in one dispatch; the inputs' share comes from a matmul before.
 *
 *   `gates: [B, T, 3H]`, `weight: [3H, H]`, `bias: [3H]`  →  `hidden: [B, T, H]`, `active: [B, T, 4H]`
 *
 * PyTorch's nn.GRU (Cho et al. 2014, the reset gate after the product): gates in the order r, z, n;
 * n = tanh(x + r·(W h + b)), h ← (1 − z)·n + z·h, from zeros. `active` holds r, z, n after their functions, and W h + b of n.
 */
import { at, expectInputs } from '../check.ts'
import { gruGrad } from '../gru-grad/gru-grad.ts'
import type { OpDefinition } from '../op.ts'
import { recurrentSizes, recurrentWeightGradients } from '../recurrent.ts'
import { splitRows } from '../split.ts'
import { gruReference } from './gru.ref.ts'
import { gruVariants } from './gru.wgsl.ts'

export const gru: OpDefinition<Record<never, never>> = {
  name: 'gru',
  infer(inputs) {
    expectInputs('gru', inputs, 3)
    const { samples, steps, units } = recurrentSizes('gru', 3, inputs)
    return [
      { shape: [samples, steps, units], dtype: 'f32' },
      { shape: [samples, steps, 4 * units], dtype: 'f32' },
    ]
  },
  gradient({ graph, inputs, outputs, outputGradients }) {
    const g = outputGradients[0]
    if (!g) return inputs.map(() => null)
    const [dInput, dHidden] = graph.add(gruGrad, [g, at(outputs, 1), at(outputs, 0), at(inputs, 1)], {})
    if (dInput === undefined || dHidden === undefined) return inputs.map(() => null)
    const { weight, bias } = recurrentWeightGradients(graph, dHidden, at(outputs, 0))
    return [dInput, weight, bias]
  },
  variants: (node, caps) => gruVariants(recurrentSizes('gru', 3, node.inputs), caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [1, 2] }),
  reference: (inputs, node) => gruReference(inputs, recurrentSizes('gru', 3, node.inputs)),
}
