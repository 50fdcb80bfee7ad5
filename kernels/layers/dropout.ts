/** `dropout`: zeroes a share p of the elements while training and scales the rest by 1/(1 − p); nothing in evaluation. */
import { dropout as dropoutOp } from '../ops/dropout/dropout.ts'
import type { LayerDefinition } from './layer.ts'

export const dropout: LayerDefinition = {
  type: 'dropout',
  summary: 'zeroes a random share of the elements while training',
  // p = 1 would divide by zero; PyTorch makes it all zeros, which trains nothing.
  options: { p: { type: 'number', min: 0, max: 0.999, default: 0.5, help: 'share of elements dropped' } },
  shapes: (input) => ({ output: input, parameters: [] }),
  build(context, x, options) {
    const p = options.p as number
    return context.training && p > 0 ? context.graph.one(dropoutOp, [x], { p, layer: context.index }) : x
  },
}
