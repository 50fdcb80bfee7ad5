/** Memory and layout before anything is allocated: what the job form, the bid and the admission check ask. */
import { initialVector, layoutOfModel } from '../layers/layout.ts'
import { resolveModel } from '../layers/model.ts'
import { type TargetType, targetOf } from '../losses/losses.ts'
import type { LossSpec, ModelSpec, TrainingSpec } from '../spec.ts'
import { compileProgram } from './program.ts'
import type { MemoryEstimate, ParameterLayout } from './types.ts'

/** Exact: the sum of the buffers that `createEngine(device, spec, batch)` allocates on any device. */
export function estimateMemory(spec: TrainingSpec, batch: number): MemoryEstimate {
  const program = compileProgram(spec, batch)
  const breakdown = { parameters: 0, gradients: 0, optimizer: 0, activations: 0, io: 0, staging: 0 }
  let gpuBytes = 0
  for (const { category, bytes } of [...program.persistent, ...program.perBatch]) {
    breakdown[category] += bytes
    gpuBytes += bytes
  }
  return { parameterCount: program.layout.parameterCount, gpuBytes, breakdown, vectorBytes: program.layout.length * 4 }
}

export function layoutOf(spec: { readonly model: ModelSpec }): ParameterLayout {
  return layoutOfModel(resolveModel(spec.model))
}

/** The weights that a job without `init` starts from, in the layout; equal bits on every machine. */
export function initialParameters(spec: { readonly model: ModelSpec; readonly seed: number }): Float32Array {
  const model = resolveModel(spec.model)
  return initialVector(model, layoutOfModel(model), spec.seed)
}

export interface CheckedLayer {
  readonly path: string
  readonly type: string
  readonly input: readonly number[]
  readonly output: readonly number[]
  readonly parameterCount: number
}

export interface CheckedModel {
  readonly input: readonly number[]
  readonly output: readonly number[]
  readonly parameterCount: number
  readonly layers: readonly CheckedLayer[]
  /** What targets the loss needs; `null` when no loss was given. */
  readonly target: TargetType | null
}

/** Throws BAD_MODEL, naming the layer; returns every layer's shapes. */
export function checkModel(model: ModelSpec, loss?: LossSpec): CheckedModel {
  const { input, output, layers, parameterCount } = resolveModel(model)
  return {
    input,
    output,
    parameterCount,
    target: loss === undefined ? null : targetOf(loss, output),
    layers: layers.map((layer) => ({
      path: layer.path,
      type: layer.definition.type,
      input: layer.input,
      output: layer.output,
      parameterCount: layer.parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    })),
  }
}
