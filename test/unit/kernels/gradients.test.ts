import { describe, expect, it } from 'vitest'
import { differentiate } from '../../../kernels/graph/autodiff.ts'
import { Graph } from '../../../kernels/graph/graph.ts'
import { interpret } from '../../../kernels/graph/interpret.ts'
import type { Tensor } from '../../../kernels/ops/op.ts'
import { pointwiseLoss } from '../../../kernels/ops/pointwise-loss/pointwise-loss.ts'
import { OPS } from '../../../kernels/ops/registry.ts'
import { reshape } from '../../../kernels/ops/reshape/reshape.ts'
import { softmaxCrossEntropy } from '../../../kernels/ops/softmax-cross-entropy/softmax-cross-entropy.ts'
import { OP_CASES, type OpCase } from '../../op-cases.ts'
import { testRandom } from '../../random.ts'

const H = 1e-5
const LOSSES = [pointwiseLoss.name, softmaxCrossEntropy.name]

/** The op's output against random targets in a squared error: every output element gets a gradient of its own. */
function graphAround(opCase: OpCase) {
  const graph = new Graph()
  const sources = opCase.inputs.map((type, i) =>
    opCase.differentiable.includes(i) ? graph.source('parameter', `p${i}`, type.shape) : graph.source('target', `t${i}`, type.shape, type.dtype),
  )
  const values = new Map<Tensor, Float64Array>(sources.map((tensor, i) => [tensor, opCase.values[i] as Float64Array]))
  const output = graph.add(opCase.op, sources, opCase.attributes)[0] as Tensor
  let rowStats = output
  if (!LOSSES.includes(opCase.op.name)) {
    const length = output.shape.reduce((product, size) => product * size, 1)
    const flat = graph.one(reshape, [output], { shape: [1, length] })
    const target = graph.source('target', 'wanted', [1, length])
    values.set(target, Float64Array.from(testRandom(99).floats(length)))
    rowStats = graph.add(pointwiseLoss, [flat, target], { loss: { kind: 'mse' }, withGradient: true, scaled: false })[0] as Tensor
  }
  const lossNode = graph.nodes.at(-1)
  if (lossNode === undefined) throw new Error('no loss')
  return { graph, sources, values, rowStats, lossNode }
}

function lossOf({ graph, values, rowStats }: ReturnType<typeof graphAround>, opCase: OpCase): number {
  const stats = interpret(graph.nodes, values, opCase.step).get(rowStats) ?? new Float64Array()
  let sum = 0
  for (let i = 0; i < stats.length; i += 4) sum += stats[i] ?? Number.NaN
  return sum
}

describe('gradient rules', () => {
  it('has cases for every registered op', () => {
    const covered = new Set(OP_CASES.map((opCase) => opCase.op.name))
    expect([...OPS.keys()].filter((name) => !covered.has(name))).toEqual([])
  })

  const small = OP_CASES.filter((opCase) => opCase.differentiable.length > 0 && opCase.values.every((value) => value.length <= 2200))
  it.each(small.map((opCase) => [opCase.title, opCase] as const))('%s agrees with finite differences of its reference', (_, opCase) => {
    const built = graphAround(opCase)
    const forwardNodes = [...built.graph.nodes]
    const gradients = differentiate(built.graph, built.lossNode)
    const computed = interpret(built.graph.nodes, built.values, opCase.step)
    const forward = { ...built, graph: { nodes: forwardNodes } as Graph }
    for (const index of opCase.differentiable) {
      const tensor = built.sources[index] as Tensor
      const gradient = computed.get(gradients.get(tensor) as Tensor) as Float64Array
      const value = built.values.get(tensor) as Float64Array
      expect(gradient.length).toBe(value.length)
      // A sample of elements: a wrong rule is wrong nearly everywhere.
      const stride = Math.max(1, Math.floor(value.length / 12))
      for (let i = 0; i < value.length; i += stride) {
        const old = value[i] as number
        value[i] = old + H
        const above = lossOf(forward, opCase)
        value[i] = old - H
        const below = lossOf(forward, opCase)
        value[i] = old
        const numeric = (above - below) / (2 * H)
        expect(Math.abs((gradient[i] as number) - numeric), `input ${index}, element ${i}: ${gradient[i]} against ${numeric}`).toBeLessThan(
          1e-4 * Math.max(1, Math.abs(numeric)),
        )
      }
    }
  })
})
