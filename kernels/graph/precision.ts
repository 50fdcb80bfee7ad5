/**
 * Mixed precision as a rewrite of a finished graph (Micikevicius et al. 2018): products read f16 and sum in f32; parameters,
 * the residual stream, norms, softmax, losses, reductions, gradients of parameters and the optimizer stay f32.
 *
 * It runs after differentiation, so that products of the backward pass read the very casts that the forward pass made, and
 * after epilogues were fused, so that a mixed plan differs from the f32 plan in its types alone and a cast never stands
 * between a product and what it could have taken in.
 *
 * Which tensors become f16 (`HalfRules` say what an op's kernels can do):
 *   - one that nobody needs in f32, where its op can write f16 and a product makes or reads it, is written as f16 at once;
 *   - else one that a product reads is cast once. A parameter's cast is its f16 shadow of this step; a value's comes right
 *     behind the value, which then lives no longer than its f32 readers want it.
 *
 * Invariant: no tensor is cast twice, and `nodes` are not changed.
 */
import { cast } from '../ops/cast/cast.ts'
import type { AnyOp, HalfRules, Tensor } from '../ops/op.ts'
import { reshape } from '../ops/reshape/reshape.ts'
import type { Precision } from '../spec.ts'
import { aliasRoots } from './aliases.ts'
import type { GraphNode } from './graph.ts'
import { eliminateDeadNodes, fuseEpilogues } from './passes.ts'

type Role = 'operand' | 'accepts' | 'f32'

/** How `tensor`, where it was computed, is kept. */
interface Decision {
  readonly form: 'f32' | 'f16' | 'cast'
  /** Readers that take either type read f16. */
  readonly eitherReadsHalf: boolean
}

/** A graph as it is planned, gradients included: what `outputs` need, with fused epilogues, in the types of `precision`. */
export function finishGraph(nodes: readonly GraphNode[], outputs: readonly Tensor[], precision: Precision): GraphNode[] {
  const fused = fuseEpilogues(eliminateDeadNodes(nodes, outputs), outputs)
  return precision === 'mixed' ? lowerPrecision(fused, outputs) : fused
}

/** `outputs` stay f32. */
export function lowerPrecision(nodes: readonly GraphNode[], outputs: Iterable<Tensor>): GraphNode[] {
  const kept = [...outputs]
  const rootOf = aliasRoots(nodes)
  const decisions = decide(nodes, kept, rootOf)
  const writer = new Writer(nodes, rootOf, decisions)
  for (const node of nodes) writer.take(node)
  return eliminateDeadNodes(writer.nodes, kept)
}

function decide(nodes: readonly GraphNode[], kept: readonly Tensor[], rootOf: (tensor: Tensor) => Tensor): Map<Tensor, Decision> {
  const roles = new Map<Tensor, Role[]>(kept.map((tensor) => [rootOf(tensor), ['f32']]))
  for (const node of nodes) {
    if (node.op.alias === true) continue
    node.inputs.forEach((tensor, index) => {
      const root = rootOf(tensor)
      roles.set(root, [...(roles.get(root) ?? []), roleOf(node.op.half, index)])
    })
  }
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((output, index) => [output, { half: node.op.half, index }] as const)))
  const decisions = new Map<Tensor, Decision>()
  for (const [root, read] of roles) {
    if (root.dtype !== 'f32') continue
    const producer = producers.get(root)
    const multiplied = read.includes('operand')
    const neededAsF32 = read.includes('f32')
    const writable = producer?.half?.results?.includes(producer.index) === true
    if (!neededAsF32 && writable && (multiplied || producer.half?.operands !== undefined)) decisions.set(root, { form: 'f16', eitherReadsHalf: true })
    else if (multiplied) decisions.set(root, { form: 'cast', eitherReadsHalf: !neededAsF32 })
  }
  return decisions
}

function roleOf(half: HalfRules | undefined, input: number): Role {
  if (half?.operands?.includes(input) === true) return 'operand'
  return half?.accepts?.includes(input) === true ? 'accepts' : 'f32'
}

class Writer {
  readonly nodes: GraphNode[] = []
  readonly #rootOf: (tensor: Tensor) => Tensor
  readonly #decisions: ReadonlyMap<Tensor, Decision>
  /** By f32 tensor, reshapes included. */
  readonly #halves = new Map<Tensor, Tensor>()
  #nextId: number

  constructor(nodes: readonly GraphNode[], rootOf: (tensor: Tensor) => Tensor, decisions: ReadonlyMap<Tensor, Decision>) {
    this.#rootOf = rootOf
    this.#decisions = decisions
    this.#nextId = 1 + Math.max(0, ...nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs].map(({ id }) => id)))
  }

  take(node: GraphNode): void {
    const inputs =
      node.op.alias === true
        ? node.inputs
        : node.inputs.map((tensor, index) => (this.#readsHalf(node.op, tensor, index) ? this.#half(tensor, node.origin) : tensor))
    const outputs = node.outputs.map((tensor) => {
      if (this.#decisions.get(tensor)?.form !== 'f16') return tensor
      const half = this.#like(tensor)
      this.#halves.set(tensor, half)
      return half
    })
    this.nodes.push({ ...node, inputs, outputs })
    for (const tensor of node.outputs) if (this.#decisions.get(tensor)?.form === 'cast') this.#half(tensor, node.origin)
  }

  #readsHalf(op: AnyOp, tensor: Tensor, index: number): boolean {
    const decision = this.#decisions.get(this.#rootOf(tensor))
    if (decision === undefined) return false
    const role = roleOf(op.half, index)
    return role === 'operand' || (role === 'accepts' && decision.eitherReadsHalf)
  }

  #half(tensor: Tensor, origin: string): Tensor {
    const made = this.#halves.get(tensor)
    if (made !== undefined) return made
    const root = this.#rootOf(tensor)
    const half = this.#like(tensor)
    this.#halves.set(tensor, half)
    if (root === tensor) this.nodes.push({ op: cast as AnyOp, attributes: { to: 'f16' }, inputs: [tensor], outputs: [half], origin })
    else this.nodes.push({ op: reshape as AnyOp, attributes: { shape: tensor.shape }, inputs: [this.#half(root, origin)], outputs: [half], origin })
    return half
  }

  #like(tensor: Tensor): Tensor {
    return { id: this.#nextId++, role: 'value', name: `${tensor.name} as f16`, shape: tensor.shape, dtype: 'f16' }
  }
}
