/**
 * Compiles a training specification and a batch size to a plan, with no device at hand: forward and backward, the
 * update, the evaluation pass, and every buffer they need. `estimateMemory` adds up the very list that `createEngine`
 * allocates, so it is exact.
 *
 * Buffers in `persistent` live as long as the engine; those in `perBatch` are re-made when the batch size changes.
 */
import { KernelError } from '../errors.ts'
import { differentiate } from '../graph/autodiff.ts'
import type { Graph } from '../graph/graph.ts'
import { finishGraph } from '../graph/precision.ts'
import { layoutOfModel } from '../layers/layout.ts'
import { resolveModel } from '../layers/model.ts'
import type { ResolvedModel } from '../layers/model-parts.ts'
import { buildLoss, type TargetType, targetOf } from '../losses/losses.ts'
import { sumColumns } from '../ops/column-sum/column-sum.ts'
import type { Tensor } from '../ops/op.ts'
import { unary } from '../ops/unary/unary.ts'
import { weigh } from '../ops/weigh/weigh.ts'
import { planOptimizer } from '../optim/gpu.ts'
import { type GuardRule, guardRuleOf } from '../optim/guard.ts'
import { GUARD_BYTES } from '../optim/guard.wgsl.ts'
import type { PlanNeeds } from '../plan/limits.ts'
import { type FixedPlace, planDispatches, slotName } from '../plan/planner.ts'
import { SlotAllocator } from '../plan/slots.ts'
import { fitDispatches } from '../plan/split.ts'
import { alignBytes, type PlannedBuffer, type PlannedDispatch, tensorBytes } from '../plan/types.ts'
import { STEP_UNIFORM_BYTES } from '../plan/wgsl.ts'
import type { TrainingSpec } from '../spec.ts'
import { buildPrediction } from './prediction.ts'
import type { ParameterLayout } from './types.ts'

/** Steps that may be in flight: each has a small buffer its statistics are read back through. */
export const READBACK_RING = 4
/** lossSum, weight, correct as f32, and a word that nothing uses. */
export const STATS_BYTES = 16
/** What is read back of a step: its statistics, and behind them the guard. */
export const READBACK_BYTES = STATS_BYTES + GUARD_BYTES

export interface TrainingProgram {
  readonly model: ResolvedModel
  readonly layout: ParameterLayout
  readonly target: TargetType
  readonly batch: number
  readonly rule: GuardRule
  readonly persistent: readonly PlannedBuffer[]
  readonly perBatch: readonly PlannedBuffer[]
  /** Forward and backward: fills `gradients` and `stats`. */
  readonly train: readonly PlannedDispatch[]
  /** `gradients`, `stats` → `parameters`, `state.*`. */
  readonly update: readonly PlannedDispatch[]
  /** Forward only: fills `stats`. */
  readonly evaluate: readonly PlannedDispatch[]
}

export function needsOf({ persistent, perBatch, train, update, evaluate }: TrainingProgram): PlanNeeds {
  return { buffers: [...persistent, ...perBatch], dispatches: [...train, ...update, ...evaluate] }
}

/** The same program for a device that cannot bind more than so much at a time. */
export function fitProgram(program: TrainingProgram, maxBindingBytes: number): TrainingProgram {
  const fit = (dispatches: readonly PlannedDispatch[]) => fitDispatches(dispatches, maxBindingBytes)
  return { ...program, train: fit(program.train), update: fit(program.update), evaluate: fit(program.evaluate) }
}

export function statsReadback(slot: number): string {
  return `readback.stats.${slot}`
}

/** `rule`: another guard than the specification's, for tests of the guard. */
export function compileProgram(spec: TrainingSpec, batch: number, rule: GuardRule = guardRuleOf(spec)): TrainingProgram {
  if (!Number.isSafeInteger(batch) || batch < 1) throw new KernelError('BAD_DATA', `batch: a whole number of at least 1 is needed, got ${batch}`, { batch })
  const model = resolveModel(spec.model)
  const target = targetOf(spec.loss, model.output)
  const layout = layoutOfModel(model)
  const slots = new SlotAllocator()
  const train = planTraining(spec, model, target, layout, batch, rule, slots)
  const evaluate = planEvaluation(spec, model, target, layout, batch, slots)
  const optimizer = planOptimizer(spec.optimizer, spec.clipNorm, rule, layout, slots)

  const vectorBytes = layout.length * 4
  const persistent: PlannedBuffer[] = [
    { name: 'parameters', bytes: vectorBytes, category: 'parameters', use: 'storage' },
    { name: 'gradients', bytes: vectorBytes, category: 'gradients', use: 'storage' },
    ...optimizer.buffers,
    { name: 'stats', bytes: alignBytes(STATS_BYTES), category: 'io', use: 'storage' },
    { name: 'step', bytes: STEP_UNIFORM_BYTES, category: 'io', use: 'uniform' },
    { name: 'readback.vector', bytes: vectorBytes, category: 'staging', use: 'readback' },
  ]
  for (let slot = 0; slot < READBACK_RING; slot++) {
    persistent.push({ name: statsReadback(slot), bytes: alignBytes(READBACK_BYTES), category: 'staging', use: 'readback' })
  }
  const perBatch: PlannedBuffer[] = [
    { name: 'input', bytes: alignBytes(tensorBytes({ shape: [batch, ...model.input], dtype: model.inputType })), category: 'io', use: 'storage' },
    { name: 'target', bytes: alignBytes(tensorBytes({ shape: [batch, ...target.shape], dtype: target.dtype })), category: 'io', use: 'storage' },
    ...slots.sizesBytes.map((bytes, slot): PlannedBuffer => ({ name: slotName(slot), bytes, category: 'activations', use: 'storage' })),
  ]
  return { model, layout, target, batch, rule, persistent, perBatch, train, update: optimizer.dispatches, evaluate }
}

/** The training graph before planning; tests run it through the float64 interpreter. `scaled`: gradients carry the loss scale. */
export function buildTrainingGraph(spec: TrainingSpec, model: ResolvedModel, target: TargetType, batch: number, training: boolean, scaled = false) {
  const { graph, x, weights, prediction, observed } = buildPrediction(model, batch, training)
  const y = graph.source('target', 'target', [batch, ...target.shape], target.dtype)
  const rowStats = graph.within('the loss', () => buildLoss(graph, spec.loss, prediction, y, { withGradient: training, scaled }))
  const lossNode = graph.nodes.at(-1)
  if (lossNode === undefined) throw new RangeError('a loss adds at least one node')
  const stats = sumColumns(graph, rowStats)
  // By buffer: what the batch showed, times its weight (`BufferRule`).
  const observations = new Map([...observed].map(([name, value]) => [name, graph.one(weigh, [value, stats], {})]))
  return { graph, x, y, weights, prediction, rowStats, stats, lossNode, observations }
}

function planTraining(
  spec: TrainingSpec,
  model: ResolvedModel,
  target: TargetType,
  layout: ParameterLayout,
  batch: number,
  { scales }: GuardRule,
  slots: SlotAllocator,
) {
  const built = buildTrainingGraph(spec, model, target, batch, true, scales)
  const gradients = ownedGradients(built.graph, differentiate(built.graph, built.lossNode))
  const fixed = fixedPlaces(built, layout)
  for (const entry of layout.entries) {
    const weight = built.weights.get(entry.name)
    const gradient = built.observations.get(entry.name) ?? (weight && gradients.get(weight))
    if (gradient) fixed.set(gradient, { buffer: 'gradients', offsetBytes: entry.offset * 4 })
  }
  const outputs = [built.stats, ...gradients.values(), ...built.observations.values()]
  return planDispatches(finishGraph(built.graph.nodes, outputs, spec.precision), fixed, slots)
}

function planEvaluation(spec: TrainingSpec, model: ResolvedModel, target: TargetType, layout: ParameterLayout, batch: number, slots: SlotAllocator) {
  const built = buildTrainingGraph(spec, model, target, batch, false)
  const outputs = [built.stats]
  return planDispatches(finishGraph(built.graph.nodes, outputs, spec.precision), fixedPlaces(built, layout), slots)
}

function fixedPlaces(built: ReturnType<typeof buildTrainingGraph>, layout: ParameterLayout): Map<Tensor, FixedPlace> {
  const fixed = new Map<Tensor, FixedPlace>([
    [built.x, { buffer: 'input', offsetBytes: 0 }],
    [built.y, { buffer: 'target', offsetBytes: 0 }],
    [built.stats, { buffer: 'stats', offsetBytes: 0 }],
  ])
  for (const entry of layout.entries) {
    const weight = built.weights.get(entry.name)
    if (weight) fixed.set(weight, { buffer: 'parameters', offsetBytes: entry.offset * 4 })
  }
  return fixed
}

/**
 * Each parameter's gradient must be written to its own range of the vector, and nobody may read it there (a dispatch
 * could then read and write the vector at once). A tensor that is the gradient of two parameters, or that another node
 * reads, is copied first.
 */
function ownedGradients(graph: Graph, gradients: ReadonlyMap<Tensor, Tensor>): Map<Tensor, Tensor> {
  const taken = new Set<Tensor>(graph.nodes.flatMap((node) => node.inputs))
  const owned = new Map<Tensor, Tensor>()
  for (const [parameter, gradient] of gradients) {
    const own = taken.has(gradient) || gradient.role !== 'value' ? graph.one(unary, [gradient], { activation: { kind: 'identity' } }) : gradient
    taken.add(own)
    owned.set(parameter, own)
  }
  return owned
}
