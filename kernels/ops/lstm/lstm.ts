/**
 * `lstm`: the steps of a long short-term memory, all in one dispatch. What inputs contribute has been computed before, for
 * all steps at once (a matmul with weight_ih).
 *
 *   `gates: [B, T, 4H]`, `weight: [4H, H]`, `bias: [4H]`  →  `hidden: [B, T, H]`, `cell: [B, T, H]`, `active: [B, T, 4H]`
 *
 * PyTorch's nn.LSTM (Hochreiter & Schmidhuber 1997, with a forget gate): gates in the order i, f, g, o;
 * c ← f·c + i·g, h = o·tanh(c), from zeros. `active` holds the gates after their functions, for the way back.
 */
import { at, expectInputs } from '../check.ts'
import { lstmGrad } from '../lstm-grad/lstm-grad.ts'
import type { OpDefinition } from '../op.ts'
import { recurrentSizes, recurrentWeightGradients } from '../recurrent.ts'
import { splitRows } from '../split.ts'
import { lstmReference } from './lstm.ref.ts'
import { lstmVariants } from './lstm.wgsl.ts'

export const lstm: OpDefinition<Record<never, never>> = {
  name: 'lstm',
  infer(inputs) {
    expectInputs('lstm', inputs, 3)
    const { samples, steps, units } = recurrentSizes('lstm', 4, inputs)
    const state = { shape: [samples, steps, units], dtype: 'f32' } as const
    return [state, state, at(inputs, 0)]
  },
  gradient({ graph, inputs, outputs, outputGradients }) {
    const g = outputGradients[0]
    if (!g) return inputs.map(() => null)
    const [dGates] = graph.add(lstmGrad, [g, at(outputs, 2), at(outputs, 1), at(inputs, 1)], {})
    if (dGates === undefined) return inputs.map(() => null)
    const { weight, bias } = recurrentWeightGradients(graph, dGates, at(outputs, 0))
    return [dGates, weight, bias]
  },
  variants: (node, caps) => lstmVariants(recurrentSizes('lstm', 4, node.inputs), caps),
  split: (node, maxBytes) => splitRows(node, maxBytes, { rows: at(at(node.inputs, 0).shape, 0), whole: [1, 2] }),
  reference: (inputs, node) => lstmReference(inputs, recurrentSizes('lstm', 4, node.inputs)),
}
