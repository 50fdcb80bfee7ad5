/**
 * Rewrites of a finished graph that change no result: dead nodes go, and an activation that is a matmul's only reader
 * moves into the matmul's epilogue (one dispatch and one pass over memory less).
 */
import { matmul } from '../ops/matmul/matmul.ts'
import type { MatmulAttributes } from '../ops/matmul/types.ts'
import type { Tensor } from '../ops/op.ts'
import { type UnaryAttributes, unary } from '../ops/unary/unary.ts'
import type { GraphNode } from './graph.ts'

/** Nodes that `outputs` depend on, in order. */
export function eliminateDeadNodes(nodes: readonly GraphNode[], outputs: Iterable<Tensor>): GraphNode[] {
  const wanted = new Set<Tensor>(outputs)
  const kept: GraphNode[] = []
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some((output) => wanted.has(output))) continue
    for (const input of node.inputs) wanted.add(input)
    kept.push(node)
  }
  return kept.reverse()
}

/** `matmul → activation` becomes one matmul where nobody else reads the value before the activation. */
export function fuseEpilogues(nodes: readonly GraphNode[], outputs: Iterable<Tensor>): GraphNode[] {
  const readers = new Map<Tensor, number>()
  for (const tensor of outputs) readers.set(tensor, Number.POSITIVE_INFINITY)
  for (const node of nodes) for (const input of node.inputs) readers.set(input, (readers.get(input) ?? 0) + 1)

  const producers = new Map<Tensor, number>()
  const fused: (GraphNode | null)[] = []
  for (const node of nodes) {
    const source = node.inputs[0]
    const place = source === undefined ? undefined : producers.get(source)
    if (node.op.name === unary.name && source !== undefined && place !== undefined && readers.get(source) === 1) {
      const producer = fused[place]
      const attributes = producer?.attributes as MatmulAttributes
      if (producer && attributes.activation === null) {
        const activation = (node.attributes as UnaryAttributes).activation
        fused[place] = null
        fused.push({ ...producer, attributes: { ...attributes, activation }, outputs: node.outputs })
        continue
      }
    }
    if (node.op.name === matmul.name) for (const output of node.outputs) producers.set(output, fused.length)
    fused.push(node)
  }
  return fused.filter((node) => node !== null)
}
