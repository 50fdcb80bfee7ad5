/**
 * Rewrites of a finished graph that change no result: dead nodes go, and an activation or a sum that is the only reader of
 * a product or a convolution moves into its epilogue (one dispatch and one pass over memory less).
 */
import { add } from '../ops/add/add.ts'
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

/**
 * `op → activation` and `op → add` become one node where nobody else reads the value between, and the op can do it. A node
 * moves to the place of what it takes in, so whatever that reads is there already.
 */
export function fuseEpilogues(nodes: readonly GraphNode[], outputs: Iterable<Tensor>): GraphNode[] {
  const readers = new Map<Tensor, number>()
  for (const tensor of outputs) readers.set(tensor, Number.POSITIVE_INFINITY)
  for (const node of nodes) for (const input of node.inputs) readers.set(input, (readers.get(input) ?? 0) + 1)

  const fused: (GraphNode | null)[] = []
  const producers = new Map<Tensor, number>()
  /** The node that makes `tensor` for one reader alone. */
  const producerOf = (tensor: Tensor | undefined): { place: number; node: GraphNode } | null => {
    const place = tensor === undefined || readers.get(tensor) !== 1 ? undefined : producers.get(tensor)
    const node = place === undefined ? undefined : fused[place]
    return place === undefined || !node ? null : { place, node }
  }
  for (const node of nodes) {
    const merged = withActivation(node, producerOf) ?? withResidual(node, producerOf, fused.length - 1)
    if (merged !== null) fused[merged.place] = null
    for (const output of node.outputs) producers.set(output, fused.length)
    fused.push(merged?.node ?? node)
  }
  return fused.filter((node) => node !== null)
}

type Merged = { readonly place: number; readonly node: GraphNode } | null
type ProducerOf = (tensor: Tensor | undefined) => Merged

function withActivation(node: GraphNode, producerOf: ProducerOf): Merged {
  if (node.op.name !== unary.name) return null
  const producer = producerOf(node.inputs[0])
  const attributes = producer?.node.op.fuseActivation?.(producer.node.attributes, (node.attributes as UnaryAttributes).activation) ?? null
  return producer === null || attributes === null ? null : { place: producer.place, node: { ...producer.node, attributes, outputs: node.outputs } }
}

/**
 * Only what was made just before: a product that moved further down would keep alive what it reads, in the backward pass of a
 * language model the gradient of all logits.
 */
function withResidual(node: GraphNode, producerOf: ProducerOf, previous: number): Merged {
  const [a, b] = node.inputs
  if (node.op.name !== add.name || a === undefined || b === undefined || a === b) return null
  for (const [product, other] of [
    [b, a],
    [a, b],
  ] as const) {
    const producer = producerOf(product)
    const attributes = producer?.node.op.fuseResidual?.(producer.node.attributes) ?? null
    if (producer === null || producer.place !== previous || attributes === null) continue
    return { place: producer.place, node: { ...producer.node, attributes, inputs: [...producer.node.inputs, other], outputs: node.outputs } }
  }
  return null
}
