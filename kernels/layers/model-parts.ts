/**
 * What every kind of model resolves to: its parts, its parameters and buffers by full name, and how it is built.
 */
import type { BufferRule } from '../engine/types.ts'
import { KernelError } from '../errors.ts'
import { elementCount } from '../graph/graph.ts'
import type { DType, GraphBuilder, Tensor } from '../ops/op.ts'
import type { Initializer } from './layer.ts'

export interface ModelParameter {
  /** `0.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Initializer
  readonly table?: true
}

export interface ModelBuffer {
  /** `1.running_mean`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly start: number
  readonly rule: BufferRule
}

/** A part of a model, for people: its shapes and what it holds. */
export interface ModelPart {
  readonly path: string
  readonly type: string
  readonly input: readonly number[]
  readonly output: readonly number[]
  /** Those of layers inside included. */
  readonly parameters: readonly ModelParameter[]
  readonly buffers: readonly ModelBuffer[]
}

/** What a model is built from: tensors by full name, and where it says what a batch showed for its buffers. */
export interface ModelContext {
  readonly graph: GraphBuilder
  readonly training: boolean
  tensor(name: string): Tensor
  observe(name: string, value: Tensor): void
}

export interface ResolvedModel {
  /** Of one sample. */
  readonly input: readonly number[]
  /** `i32` where the model takes token ids. */
  readonly inputType: DType
  /** Token ids must be below this; null for inputs that are numbers. */
  readonly vocabulary: number | null
  readonly output: readonly number[]
  readonly parts: readonly ModelPart[]
  readonly parameters: readonly ModelParameter[]
  readonly buffers: readonly ModelBuffer[]
  readonly parameterCount: number
  /** Tensors that a weights file may hold and that are not used. */
  readonly ignored?: readonly string[]
  /** Appends the model to a graph. `x: [B, ...input]` → `[B, ...output]`. */
  build(context: ModelContext, x: Tensor): Tensor
}

/** Offsets are 32-bit in kernels, and a vector of this many f32 is 8 GiB. */
const MAX_PARAMETERS = 2 ** 31

/** Adds up the parts; refuses what cannot be trained. */
export function finishModel(model: Omit<ResolvedModel, 'parameters' | 'buffers' | 'parameterCount'>): ResolvedModel {
  const parameters = model.parts.flatMap((part) => part.parameters)
  const buffers = model.parts.flatMap((part) => part.buffers)
  const parameterCount = parameters.reduce((sum, parameter) => sum + elementCount(parameter.shape), 0)
  if (parameterCount === 0) throw new KernelError('BAD_MODEL', 'model: no layer has parameters, there is nothing to train', {})
  if (parameterCount > MAX_PARAMETERS) {
    throw new KernelError('BAD_MODEL', `model: ${parameterCount} parameters, at most ${MAX_PARAMETERS} are supported`, { parameterCount })
  }
  return { ...model, parameters, buffers, parameterCount }
}
