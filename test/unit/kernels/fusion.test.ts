/** Fused epilogues: what becomes one node, what must not, and that nothing changes by it. */
import { describe, expect, it } from 'vitest'
import { Graph } from '../../../kernels/graph/graph.ts'
import { interpret } from '../../../kernels/graph/interpret.ts'
import { fuseEpilogues } from '../../../kernels/graph/passes.ts'
import { add } from '../../../kernels/ops/add/add.ts'
import { conv2d } from '../../../kernels/ops/conv2d/conv2d.ts'
import { matmul } from '../../../kernels/ops/matmul/matmul.ts'
import type { Tensor } from '../../../kernels/ops/op.ts'
import { unary } from '../../../kernels/ops/unary/unary.ts'
import { testRandom } from '../../random.ts'

const NN = { form: 'NN', activation: null } as const
const RELU = { activation: { kind: 'relu' } } as const
const CONV = { stride: [1, 1], padding: [1, 1], groups: 1 } as const

function inputs(graph: Graph, shapes: readonly (readonly number[])[]): { tensors: Tensor[]; values: Map<Tensor, Float64Array> } {
  const random = testRandom(3)
  const tensors = shapes.map((shape, i) => graph.source('input', `input${i}`, shape))
  const values = new Map(tensors.map((tensor) => [tensor, Float64Array.from(random.floats(tensor.shape.reduce((a, b) => a * b, 1)))]))
  return { tensors, values }
}

/** Names of the nodes that are left; throws where `output` is another one than before. */
function fused(graph: Graph, output: Tensor, values: Map<Tensor, Float64Array>, alsoRead: readonly Tensor[] = []): string[] {
  const step = { count: 1, step: 1, seed: 1, sampleOffset: 0 }
  const nodes = fuseEpilogues(graph.nodes, [output, ...alsoRead])
  const [before, after] = [interpret(graph.nodes, values, step).get(output), interpret(nodes, values, step).get(output)]
  expect(Array.from(after ?? [])).toEqual(Array.from(before ?? [Number.NaN], (value) => expect.closeTo(value, 12)))
  return nodes.map(({ op }) => op.name)
}

describe('epilogues', () => {
  it.each([[[0, 1]], [[1, 0]]])('a product takes in bias, sum (in either order: %j) and activation', (order) => {
    const graph = new Graph()
    const { tensors, values } = inputs(graph, [[3, 4], [4, 5], [5], [3, 5]])
    const [a, b, bias, skip] = tensors as [Tensor, Tensor, Tensor, Tensor]
    const both = [graph.one(matmul, [a, b, bias], NN), skip]
    const sum = graph.one(
      add,
      order.map((i) => both[i] as Tensor),
      {},
    )
    expect(fused(graph, graph.one(unary, [sum], RELU), values)).toEqual(['matmul'])
  })

  it('a product takes in a sum without a bias', () => {
    const graph = new Graph()
    const { tensors, values } = inputs(graph, [
      [3, 4],
      [4, 5],
      [3, 5],
    ])
    const [a, b, skip] = tensors as [Tensor, Tensor, Tensor]
    expect(fused(graph, graph.one(add, [skip, graph.one(matmul, [a, b], NN)], {}), values)).toEqual(['matmul'])
  })

  it('of two products that are added one takes in the other', () => {
    const graph = new Graph()
    const { tensors, values } = inputs(graph, [
      [3, 4],
      [4, 5],
    ])
    const [a, b] = tensors as [Tensor, Tensor]
    const sum = graph.one(add, [graph.one(matmul, [a, b], NN), graph.one(matmul, [a, b], NN)], {})
    expect(fused(graph, sum, values)).toEqual(['matmul', 'matmul'])
  })

  it('a product made long before is not moved down to its sum', () => {
    const graph = new Graph()
    const { tensors, values } = inputs(graph, [
      [3, 4],
      [4, 5],
      [3, 5],
    ])
    const [a, b, skip] = tensors as [Tensor, Tensor, Tensor]
    const product = graph.one(matmul, [a, b], NN)
    const other = graph.one(unary, [skip], RELU)
    expect(fused(graph, graph.one(add, [product, other], {}), values)).toEqual(['matmul', 'unary', 'add'])
  })

  it('a convolution takes in its activation', () => {
    const graph = new Graph()
    const { tensors, values } = inputs(graph, [[1, 2, 4, 4], [3, 2, 3, 3], [3]])
    expect(fused(graph, graph.one(unary, [graph.one(conv2d, tensors, CONV)], RELU), values)).toEqual(['conv2d'])
  })

  it('what somebody else reads stays: a value needed later, one added to itself, an activation before the sum', () => {
    const graph = new Graph()
    const { tensors, values } = inputs(graph, [
      [3, 4],
      [4, 3],
    ])
    const [a, b] = tensors as [Tensor, Tensor]
    const product = graph.one(matmul, [a, b], NN)
    expect(fused(graph, graph.one(unary, [product], RELU), values, [product])).toEqual(['matmul', 'unary'])

    const twice = new Graph()
    const own = inputs(twice, [
      [3, 4],
      [4, 3],
    ])
    const doubled = twice.one(matmul, own.tensors, NN)
    expect(fused(twice, twice.one(add, [doubled, doubled], {}), own.values)).toEqual(['matmul', 'add'])

    const late = new Graph()
    const more = inputs(late, [
      [3, 4],
      [4, 3],
      [3, 3],
    ])
    const active = late.one(unary, [late.one(matmul, more.tensors.slice(0, 2), NN)], RELU)
    expect(fused(late, late.one(add, [active, more.tensors[2] as Tensor], {}), more.values)).toEqual(['matmul', 'add'])
  })
})
