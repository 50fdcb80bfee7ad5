/** Tensors that share storage: reshapes of one another. */
import type { Tensor } from '../ops/op.ts'
import type { GraphNode } from './graph.ts'

/** By tensor, the one that was computed: itself, or what it is a reshape of. */
export function aliasRoots(nodes: readonly GraphNode[]): (tensor: Tensor) => Tensor {
  const source = new Map<Tensor, Tensor>()
  for (const node of nodes) {
    const [input] = node.inputs
    const [output] = node.outputs
    if (node.op.alias === true && input && output) source.set(output, input)
  }
  return (tensor) => {
    let root = tensor
    for (let next = source.get(root); next !== undefined; next = source.get(root)) root = next
    return root
  }
}
