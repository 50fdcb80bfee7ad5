/** Memory and layout before anything is allocated: what the job form, the bid and the admission check ask. */
import { initialVector, layoutOfModel } from '../layers/layout.ts'
import { resolveModel } from '../layers/model.ts'
import { type TargetType, targetOf } from '../losses/losses.ts'
import type { DType } from '../ops/op.ts'
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
  /** `i32`: the model takes token ids, which must be below `vocabulary`. */
  readonly inputType: DType
  readonly vocabulary: number | null
  readonly parameterCount: number
  readonly layers: readonly CheckedLayer[]
  /** What targets the loss needs; `null` when no loss was given. */
  readonly target: TargetType | null
}

/** Throws BAD_MODEL, naming the layer; returns every layer's shapes. */
export function checkModel(model: ModelSpec, loss?: LossSpec): CheckedModel {
  const { input, inputType, vocabulary, output, parts, parameterCount } = resolveModel(model)
  return {
    input,
    output,
    inputType,
    vocabulary,
    parameterCount,
    target: loss === undefined ? null : targetOf(loss, output),
    layers: parts.map(({ path, type, input, output, parameters }) => ({
      path,
      type,
      input,
      output,
      parameterCount: parameters.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0),
    })),
  }
}
