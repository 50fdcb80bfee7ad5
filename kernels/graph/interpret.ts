/**
 * Runs a graph in float64 with the ops' references: slow, obvious, and the truth that plans are held against (in tests,
 * and in the self-check of `cyxwiz doctor`).
 */
import { KernelError } from '../errors.ts'
import { roundToHalf } from '../half.ts'
import type { StepScalars, Tensor } from '../ops/op.ts'
import type { GraphNode } from './graph.ts'

/** Values of all tensors, given those of inputs, targets and parameters. */
export function interpret(nodes: readonly GraphNode[], sources: ReadonlyMap<Tensor, Float64Array>, step: StepScalars): Map<Tensor, Float64Array> {
  const values = new Map<Tensor, Float64Array>(sources)
  for (const node of nodes) {
    const inputs = node.inputs.map((tensor) => {
      const value = values.get(tensor)
      if (value === undefined) throw new KernelError('BAD_MODEL', `interpret: ${node.op.name} reads ${tensor.name}, which has no value`)
      return value
    })
    const outputs = node.op.reference(inputs, node, step)
    node.outputs.forEach((tensor, index) => {
      const value = outputs[index]
      // The one place where an interpreted value is not float64: what is kept as f16 is rounded, or it would not be the truth of that graph.
      if (value !== undefined) values.set(tensor, tensor.dtype === 'f16' ? value.map(roundToHalf) : value)
    })
  }
  return values
}
