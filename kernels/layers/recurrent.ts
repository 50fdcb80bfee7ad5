/**
 * `lstm` and `gru`: `x: [B, T, in]` → `[B, T, hiddenSize]`, or the last step's `[B, hiddenSize]`, from a state of zeros.
 * Weights are those of PyTorch's nn.LSTM and nn.GRU with batch_first: `weight_ih_l0: [4H, in]` (3H for gru), `weight_hh_l0:
 * [4H, H]`, `bias_ih_l0`, `bias_hh_l0: [4H]`, layer k under `_lk`; all start uniform in ±1/√H.
 */
import { gru as gruOp } from '../ops/gru/gru.ts'
import { lstm as lstmOp } from '../ops/lstm/lstm.ts'
import { matmul } from '../ops/matmul/matmul.ts'
import type { OpDefinition } from '../ops/op.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import { window } from '../ops/window/window.ts'
import type { LayerDefinition } from './layer.ts'

function recurrentLayer(type: string, summary: string, op: OpDefinition<Record<never, never>>, gates: number): LayerDefinition {
  return {
    type,
    summary,
    options: {
      hiddenSize: { type: 'integer', min: 1, max: 65_536, help: 'units of the state' },
      numLayers: { type: 'integer', min: 1, max: 64, default: 1, help: 'so many on top of each other' },
      output: { type: 'choice', choices: ['sequence', 'last'], default: 'sequence', help: 'the state after every step, or after the last' },
    },
    shapes(input, options) {
      const [steps, features] = input
      if (input.length !== 2 || steps === undefined || features === undefined) throw new Error('a sequence [steps, features]')
      const hidden = options.hiddenSize as number
      const init = { kind: 'uniform', bound: 1 / Math.sqrt(hidden) } as const
      const rows = gates * hidden
      const layers = Array.from({ length: options.numLayers as number }, (_, layer) => [
        { name: `weight_ih_l${layer}`, shape: [rows, layer === 0 ? features : hidden], init },
        { name: `weight_hh_l${layer}`, shape: [rows, hidden], init },
        { name: `bias_ih_l${layer}`, shape: [rows], init },
        { name: `bias_hh_l${layer}`, shape: [rows], init },
      ])
      return { output: options.output === 'last' ? [hidden] : [steps, hidden], parameters: layers.flat() }
    },
    build({ graph, parameter }, x, options) {
      const [samples = 0, steps = 0] = x.shape
      const hidden = options.hiddenSize as number
      let states = x
      for (let layer = 0; layer < (options.numLayers as number); layer++) {
        // What the inputs contribute needs no state: one product for all steps.
        const flat = graph.one(reshape, [states], { shape: [samples * steps, states.shape[2] ?? 0] })
        const operands = [flat, parameter(`weight_ih_l${layer}`), parameter(`bias_ih_l${layer}`)]
        const projected = graph.one(matmul, operands, { form: 'NT', activation: null })
        const shaped = graph.one(reshape, [projected], { shape: [samples, steps, gates * hidden] })
        states = graph.add(op, [shaped, parameter(`weight_hh_l${layer}`), parameter(`bias_hh_l${layer}`)], {})[0] ?? states
      }
      if (options.output !== 'last') return states
      return graph.one(reshape, [graph.one(window, [states], { offset: steps - 1, size: 1 })], { shape: [samples, hidden] })
    },
  }
}

export const lstm = recurrentLayer('lstm', 'long short-term memory over a sequence [steps, features]', lstmOp, 4)
export const gru = recurrentLayer('gru', 'gated recurrent unit over a sequence [steps, features]', gruOp, 3)
