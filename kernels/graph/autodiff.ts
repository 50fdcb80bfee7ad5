/**
 * Reverse-mode differentiation at graph level: every op's gradient rule appends ordinary nodes, so the backward pass is
 * planned, fused and memory-managed by the same code as the forward pass.
 *
 * The loss node supplies its own gradient as an output (d(lossSum)/d(prediction), with d(lossSum) = 1): everything here
 * is the gradient of the SUM over samples. Gradients towards inputs are never built.
 *
 * Invariant: contributions to one tensor are added in reverse node order, so the same graph gives the same bits.
 */
import { KernelError } from '../errors.ts'
import { add } from '../ops/add/add.ts'
import type { Tensor } from '../ops/op.ts'
import type { Graph, GraphNode } from './graph.ts'

/** Appends the backward pass for `lossNode` (an op whose gradient rule needs no output gradient) and returns d(lossSum)/d(parameter) by parameter. */
export function differentiate(graph: Graph, lossNode: GraphNode): Map<Tensor, Tensor> {
  const forward = [...graph.nodes]
  const active = tensorsThatDependOnParameters(graph, forward)
  const gradients = new Map<Tensor, Tensor>()

  for (const node of forward.reverse()) {
    const isLoss = node === lossNode
    const outputGradients = node.outputs.map((output) => gradients.get(output) ?? null)
    if (!isLoss && outputGradients.every((gradient) => gradient === null)) continue
    const needs = node.inputs.map((input) => active.has(input))
    if (!needs.includes(true)) continue
    const { gradient } = node.op
    if (gradient === undefined) {
      throw new KernelError('UNSUPPORTED', `autodiff: op ${node.op.name} has no gradient rule`, { op: node.op.name })
    }
    const context = { graph, attributes: node.attributes, inputs: node.inputs, outputs: node.outputs, outputGradients, needs }
    const contributions = graph.within(node.origin === '' ? '' : `the gradient of ${node.origin}`, () => gradient(context))
    node.inputs.forEach((input, index) => {
      const contribution = contributions[index] ?? null
      if (contribution === null || needs[index] !== true) return
      const sum = gradients.get(input)
      gradients.set(input, sum === undefined ? contribution : graph.one(add, [sum, contribution], {}))
    })
  }

  const byParameter = new Map<Tensor, Tensor>()
  for (const tensor of graph.tensors) {
    if (tensor.role !== 'parameter') continue
    const gradient = gradients.get(tensor)
    if (gradient === undefined) {
      throw new KernelError('BAD_MODEL', `autodiff: the loss does not depend on parameter ${tensor.name}`, { parameter: tensor.name })
    }
    byParameter.set(tensor, gradient)
  }
  return byParameter
}

function tensorsThatDependOnParameters(graph: Graph, nodes: readonly GraphNode[]): Set<Tensor> {
  const active = new Set(graph.tensors.filter((tensor) => tensor.role === 'parameter'))
  for (const node of nodes) {
    if (node.inputs.some((input) => active.has(input))) for (const output of node.outputs) active.add(output)
  }
  return active
}
