/**
 * What a trained model answers, without a loss, an optimizer or a target: the forward pass as a graph, and the same in
 * float64 without a GPU. The slow one is the truth that the GPU is held against, and the fallback where there is no GPU.
 */
import { KernelError } from '../errors.ts'
import { elementCount, Graph, showShape } from '../graph/graph.ts'
import { interpret } from '../graph/interpret.ts'
import { layoutOfModel } from '../layers/layout.ts'
import { resolveModel } from '../layers/model.ts'
import type { ResolvedModel } from '../layers/model-parts.ts'
import type { Tensor } from '../ops/op.ts'
import type { ModelSpec } from '../spec.ts'
import type { ParameterLayout } from './types.ts'

/**
 * A graph from the input to the model's answer: `x: [batch, ...input]` → `prediction: [batch, ...output]`. `weights` are
 * parameters and buffers by name; `observed` is what the batch shows for buffers (while training only).
 */
export function buildPrediction(model: ResolvedModel, batch: number, training: boolean) {
  const graph = new Graph()
  const weights = new Map<string, Tensor>()
  for (const { name, shape } of model.parameters) weights.set(name, graph.source('parameter', name, shape))
  for (const { name, shape } of model.buffers) weights.set(name, graph.source('buffer', name, shape))
  const x = graph.source('input', 'input', [batch, ...model.input], model.inputType)
  const observed = new Map<string, Tensor>()
  const tensor = (name: string): Tensor => {
    const found = weights.get(name)
    if (found === undefined) throw new RangeError(`the model has no tensor ${name}`)
    return found
  }
  const prediction = model.build({ graph, training, tensor, observe: (name, value) => observed.set(name, value) }, x)
  return { graph, x, weights, prediction, observed }
}

/** The flat vector `parameters` as values of the graph's tensors, in float64. */
export function weightValues(layout: ParameterLayout, weights: ReadonlyMap<string, Tensor>, parameters: ArrayLike<number>): Map<Tensor, Float64Array> {
  const values = new Map<Tensor, Float64Array>()
  for (const { name, offset, size } of layout.entries) {
    const tensor = weights.get(name)
    const value = Float64Array.from({ length: size }, (_, i) => parameters[offset + i] ?? Number.NaN)
    if (tensor) values.set(tensor, value)
  }
  return values
}

/** Throws BAD_DATA unless `x` holds `count` finite samples of the model's input shape (token ids: all of them known). */
export function checkInput<T extends Float32Array | Int32Array>(model: ResolvedModel, x: T, count: number, most: number): T {
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
  if (x instanceof Int32Array !== (model.inputType === 'i32')) {
    throw new KernelError('BAD_DATA', `predict: the model takes ${model.inputType} inputs, got ${x instanceof Int32Array ? 'i32' : 'f32'}`, {})
  }
  if (model.vocabulary !== null) {
    const unknown = x.findIndex((id) => id < 0 || id >= (model.vocabulary ?? 0))
    if (unknown >= 0) {
      throw new KernelError('BAD_DATA', `predict: token ${unknown} of the input is ${x[unknown]}, the model knows 0 to ${model.vocabulary - 1}`, {
        index: unknown,
      })
    }
  }
  const bad = x.findIndex((value) => !Number.isFinite(value))
  if (bad >= 0) throw new KernelError('BAD_DATA', `predict: number ${bad} of the input is ${x[bad]}`, { index: bad })
  return x
}

/** `[count, ...output]` in float64, by the ops' references. `parameters` in the layout. */
export function referencePrediction(spec: ModelSpec, parameters: ArrayLike<number>, x: Float32Array | Int32Array, count: number): Float64Array {
  const model = resolveModel(spec)
  checkInput(model, x, count, Number.MAX_SAFE_INTEGER)
  const built = buildPrediction(model, count, false)
  const sources = weightValues(layoutOfModel(model), built.weights, parameters).set(built.x, Float64Array.from(x))
  const values = interpret(built.graph.nodes, sources, { count, step: 1, sampleOffset: 0, seed: 0 })
  const answer = values.get(built.prediction)
  if (answer === undefined) throw new RangeError('a model ends in a value')
  return answer
}
