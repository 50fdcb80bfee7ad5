import { describe, expect, it } from 'vitest'
import { buildTrainingGraph } from '../../../kernels/engine/program.ts'
import { differentiate } from '../../../kernels/graph/autodiff.ts'
import type { GraphNode } from '../../../kernels/graph/graph.ts'
import { finishGraph } from '../../../kernels/graph/precision.ts'
import { estimateMemory } from '../../../kernels/index.ts'
import { resolveModel } from '../../../kernels/layers/model.ts'
import { targetOf } from '../../../kernels/losses/losses.ts'
import { OPS } from '../../../kernels/ops/registry.ts'
import type { TrainingSpec } from '../../../kernels/spec.ts'
import { mlp, trainingSpec } from '../../specs.ts'

const SHAPES = { vocabSize: 64, nPositions: 16, nEmbd: 32, nLayer: 2, nHead: 2, dropout: 0 }
const gpt: TrainingSpec = { ...trainingSpec([1], []), model: { kind: 'gpt2', ...SHAPES } }
const cnn = trainingSpec(
  [2, 8, 8],
  [
    { type: 'conv2d', channels: 4, kernel: 3, padding: 1 },
    { type: 'relu' },
    { type: 'maxpool2d', kernel: 2 },
    { type: 'flatten' },
    { type: 'linear', units: 5 },
  ],
)
const models: [string, TrainingSpec][] = [
  ['a perceptron', trainingSpec([6], mlp(5, 3))],
  ['a perceptron with gelu', trainingSpec([6], [{ type: 'linear', units: 8 }, { type: 'gelu' }, { type: 'linear', units: 3 }])],
  ['an image network', cnn],
  ['a small GPT', gpt],
]

function built(spec: TrainingSpec) {
  const model = resolveModel(spec.model)
  const made = buildTrainingGraph(spec, model, targetOf(spec.loss, model.output), 4, true)
  const gradients = [...differentiate(made.graph, made.lossNode).values()]
  return { nodes: made.graph.nodes, outputs: [made.stats, ...gradients] }
}

const nameOf = ({ op }: GraphNode): string => op.name
const shapesOf = (nodes: readonly GraphNode[]) =>
  nodes.map(({ op, attributes, inputs, outputs }) => ({
    op: op.name,
    attributes,
    in: inputs.map(({ shape, dtype }) => [shape, dtype]),
    out: outputs.map(({ shape, dtype }) => [shape, dtype]),
  }))

describe('mixed precision', () => {
  it.each(models)('products read f16, everything else what its kernels can, and nothing is cast twice: %s', (_, spec) => {
    const { nodes, outputs } = built(spec)
    const before = shapesOf(nodes)
    const mixed = finishGraph(nodes, outputs, 'mixed')
    expect(shapesOf(nodes), 'the graph that was given is left alone').toEqual(before)
    expect(
      shapesOf(finishGraph(nodes, outputs, 'f32'))
        .flatMap((node) => [...node.in, ...node.out])
        .some(([, dtype]) => dtype === 'f16'),
    ).toBe(false)

    const made = new Map<unknown, GraphNode>(mixed.flatMap((node) => node.outputs.map((output) => [output, node] as const)))
    for (const node of mixed) {
      if (node.op.alias === true || node.op.name === 'cast') continue
      const rules = OPS.get(node.op.name)?.half
      node.inputs.forEach((input, i) => {
        if (rules?.operands?.includes(i)) expect(input.dtype, `${nameOf(node)}, input ${i}`).toBe('f16')
        else if (!rules?.accepts?.includes(i)) expect(input.dtype, `${nameOf(node)}, input ${i}`).not.toBe('f16')
      })
      node.outputs.forEach((output, i) => {
        if (output.dtype === 'f16') expect(rules?.results, `${nameOf(node)}, output ${i}`).toContain(i)
      })
    }
    const casts = mixed.filter((node) => node.op.name === 'cast')
    expect(casts.length).toBeGreaterThan(0)
    expect(new Set(casts.map(({ inputs }) => inputs[0])).size).toBe(casts.length)
    for (const output of outputs) expect([output.dtype, made.has(output)]).toEqual(['f32', true])
    // A value is read after it was written, casts and reshapes of casts included.
    const written = new Set<unknown>()
    for (const node of mixed) {
      for (const input of node.inputs) if (input.role === 'value') expect(written.has(input), `${nameOf(node)} reads ${input.name}`).toBe(true)
      for (const output of node.outputs) written.add(output)
    }
  })

  it('a parameter is cast once for forward and backward pass, and stays f32 for whoever else reads it', () => {
    const { nodes, outputs } = built(gpt)
    const mixed = finishGraph(nodes, outputs, 'mixed')
    const readers = (name: string) => mixed.filter(({ inputs }) => inputs.some((input) => input.name === name)).map(nameOf)
    expect(readers('transformer.wte.weight').sort()).toEqual(['cast', 'embedding'])
    expect(readers('transformer.h.0.mlp.c_fc.weight')).toEqual(['cast'])
    expect(readers('transformer.h.0.mlp.c_fc.bias')).toEqual(['matmul'])
    expect(readers('transformer.wte.weight as f16')).toEqual(['matmul', 'matmul'])
  })

  it('what a product writes and only products and activations read is never kept in f32', () => {
    const { nodes, outputs } = built(trainingSpec([6], [{ type: 'linear', units: 8 }, { type: 'gelu' }, { type: 'linear', units: 3 }]))
    const mixed = finishGraph(nodes, outputs, 'mixed')
    const gelu = mixed.find((node) => node.op.name === 'unary') as GraphNode
    expect([gelu.inputs[0]?.dtype, gelu.outputs[0]?.dtype]).toEqual(['f16', 'f16'])
    const saved = (mixed.find((node) => node.op.name === 'unary-grad') as GraphNode).inputs[1]
    expect(saved).toBe(gelu.inputs[0])
  })

  it('a GPT needs fewer bytes for activations, and parameters, gradients and optimizer state cost the same', () => {
    const large: TrainingSpec = { ...gpt, model: { kind: 'gpt2', vocabSize: 256, nPositions: 64, nEmbd: 128, nLayer: 4, nHead: 4, dropout: 0 } }
    const [full, mixed] = [estimateMemory(large, 8).breakdown, estimateMemory({ ...large, precision: 'mixed' }, 8).breakdown]
    expect({ ...mixed, activations: 0 }).toEqual({ ...full, activations: 0 })
    expect(mixed.activations).toBeLessThan(0.75 * full.activations)
  })
})
