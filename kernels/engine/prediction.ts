/**
 * What a trained model answers, without a loss, an optimizer or a target: the forward pass as a graph, and the same in
 * float64 without a GPU. The slow one is the truth that the GPU is held against, and the fallback where there is no GPU.
 */
import { KernelError } from '../errors.ts'
import { elementCount, Graph, showShape } from '../graph/graph.ts'
import { interpret } from '../graph/interpret.ts'
import { layoutOfModel } from '../layers/layout.ts'
import { buildModel, type ResolvedModel, resolveModel } from '../layers/model.ts'
import type { Tensor } from '../ops/op.ts'
import type { ModelSpec } from '../spec.ts'

/** Evaluation mode (dropout does nothing). `x: [batch, ...input]` → `prediction: [batch, ...output]`. */
export function buildPredictionGraph(model: ResolvedModel, batch: number) {
  const graph = new Graph()
  const parameters = new Map<string, Tensor>()
  for (const { name, shape } of model.parameters) parameters.set(name, graph.source('parameter', name, shape))
  const x = graph.source('input', 'input', [batch, ...model.input])
  const prediction = buildModel(graph, model, x, parameters, false)
  return { graph, x, parameters, prediction }
}

/** Throws BAD_DATA unless `x` holds `count` finite samples of the model's input shape. */
export function checkInput(model: ResolvedModel, x: Float32Array, count: number, most: number): Float32Array {
  if (!Number.isSafeInteger(count) || count < 1 || count > most) {
    throw new KernelError('BAD_DATA', `predict: count must be from 1 to ${most}, got ${count}`, { count, most })
  }
  const perSample = elementCount(model.input)
  if (x.length !== count * perSample) {
    throw new KernelError('BAD_DATA', `predict: ${count} samples of ${showShape(model.input)} are ${count * perSample} numbers, got ${x.length}`, {
      needed: count * perSample,
      actual: x.length,
    })
  }
  const bad = x.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new KernelError('BAD_DATA', `predict: number ${bad} of the input is ${x[bad]}`, { index: bad })
  return x
}

/** `[count, ...output]` in float64, by the ops' references. `parameters` in the layout. */
export function referencePrediction(spec: ModelSpec, parameters: ArrayLike<number>, x: Float32Array, count: number): Float64Array {
  const model = resolveModel(spec)
  checkInput(model, x, count, Number.MAX_SAFE_INTEGER)
  const built = buildPredictionGraph(model, count)
  const sources = new Map<Tensor, Float64Array>([[built.x, Float64Array.from(x)]])
  for (const { name, offset, size } of layoutOfModel(model).entries) {
    const tensor = built.parameters.get(name)
    if (tensor) {
      sources.set(
        tensor,
        Float64Array.from({ length: size }, (_, i) => parameters[offset + i] ?? Number.NaN),
      )
    }
  }
  const values = interpret(built.graph.nodes, sources, { count, step: 1, sampleOffset: 0, seed: 0 })
  const answer = values.get(built.prediction)
  if (answer === undefined) throw new RangeError('a model ends in a value')
  return answer
}
