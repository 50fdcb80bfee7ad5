/**
 * A gradient computed without a GPU, in float64, by the ops' references and the same autodiff: what an engine's answer
 * is compared with. In mixed precision it rounds where the plan does, so that what is left is the rounding of f32 sums
 * and, rarely, a half that they tip over. Minutes for a large model; meant for self-checks and tests.
 */
import { differentiate } from '../graph/autodiff.ts'
import { elementCount } from '../graph/graph.ts'
import { interpret } from '../graph/interpret.ts'
import { finishGraph } from '../graph/precision.ts'
import { layoutOfModel } from '../layers/layout.ts'
import { resolveModel } from '../layers/model.ts'
import { targetOf } from '../losses/losses.ts'
import type { Tensor } from '../ops/op.ts'
import type { TrainingSpec } from '../spec.ts'
import { weightValues } from './prediction.ts'
import { buildTrainingGraph } from './program.ts'
import type { Batch, BatchStats } from './types.ts'

export interface ReferenceResult extends BatchStats {
  /** `[layout.length]`, d(lossSum)/d(parameters), and what the batch showed for buffers. */
  readonly gradient: Float64Array
}

/** `parameters` in the layout; `batch.count` rows are used. */
export function referenceGradient(spec: TrainingSpec, parameters: ArrayLike<number>, batch: Batch): ReferenceResult {
  const model = resolveModel(spec.model)
  const layout = layoutOfModel(model)
  const target = targetOf(spec.loss, model.output)
  const built = buildTrainingGraph(spec, model, target, batch.count, true)
  const gradients = differentiate(built.graph, built.lossNode)

  const sources = new Map<Tensor, Float64Array>([
    [built.x, Float64Array.from(batch.x.subarray(0, elementCount(built.x.shape)))],
    [built.y, Float64Array.from(batch.y.subarray(0, elementCount(built.y.shape)))],
  ])
  for (const [tensor, value] of weightValues(layout, built.weights, parameters)) sources.set(tensor, value)
  const { count, step, sampleOffset } = batch
  const outputs = [built.stats, ...gradients.values(), ...built.observations.values()]
  const nodes = spec.precision === 'mixed' ? finishGraph(built.graph.nodes, outputs, spec.precision) : built.graph.nodes
  const values = interpret(nodes, sources, { count, step, sampleOffset, seed: spec.seed >>> 0 })

  const gradient = new Float64Array(layout.length)
  for (const { name, offset } of layout.entries) {
    const weight = built.weights.get(name)
    const tensor = built.observations.get(name) ?? (weight && gradients.get(weight))
    const value = tensor && values.get(tensor)
    if (value) gradient.set(value, offset)
  }
  const [lossSum = Number.NaN, weight = Number.NaN, correct = Number.NaN] = values.get(built.stats) ?? []
  return { lossSum, weight, correct: target.classes === null ? null : correct, gradient }
}
