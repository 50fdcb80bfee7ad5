/** What LSTM and GRU share: shapes, and the gradients of the weights that lead from a step to the next. */

import { at, shapeMismatch } from './check.ts'
import { sumColumns } from './column-sum/column-sum.ts'
import { matmul } from './matmul/matmul.ts'
import type { GraphBuilder, Tensor, TensorType } from './op.ts'
import type { RecurrentSizes } from './recurrent.wgsl.ts'
import { reshape } from './reshape/reshape.ts'
import { window } from './window/window.ts'

/** Checks `gates: [B, T, count·H]`, `weight: [count·H, H]`, `bias: [count·H]`. */
export function recurrentSizes(op: string, count: number, inputs: readonly TensorType[]): RecurrentSizes {
  const [samples = 0, steps = 0, width = 0] = at(inputs, 0).shape
  const units = at(inputs, 1).shape[1] ?? 0
  const fits = at(inputs, 0).shape.length === 3 && at(inputs, 1).shape[0] === width && width === count * units && at(inputs, 2).shape[0] === width
  if (!fits) throw shapeMismatch(op, `gates [B, T, ${count}H], a weight [${count}H, H] and a bias [${count}H] are needed`, inputs)
  return { samples, steps, units }
}

/**
 * d(loss)/d(weight_hh), d(loss)/d(bias_hh) from `gates: [B, T, G]`, the gradient of what weight and bias add to, and
 * `hidden: [B, T, H]`: one product over all steps, each step's gates with the hidden state before it.
 */
export function recurrentWeightGradients(graph: GraphBuilder, gates: Tensor, hidden: Tensor): { weight: Tensor; bias: Tensor } {
  const [samples = 0, steps = 0, width = 0] = gates.shape
  const units = hidden.shape[2] ?? 0
  const rows = samples * steps
  const flat = graph.one(reshape, [gates], { shape: [rows, width] })
  const before = graph.one(reshape, [graph.one(window, [hidden], { offset: -1, size: steps })], { shape: [rows, units] })
  return {
    weight: graph.one(matmul, [flat, before], { form: 'TN', activation: null }),
    bias: graph.one(reshape, [sumColumns(graph, flat)], { shape: [width] }),
  }
}
