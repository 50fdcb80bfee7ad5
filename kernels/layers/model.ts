/**
 * A model specification, resolved: every layer's options, shapes and full parameter names, checked before anything is
 * built. Parameter names are those of PyTorch's nn.Sequential: `<index>.weight`, and `<index>.<inner index>.weight` for
 * layers inside layers.
 *
 * Refuses, naming the layer, its input shape and what it needs: unknown layers and options, shapes that do not fit,
 * models without parameters, models larger than a vector can be.
 */
import type { BufferRule } from '../engine/types.ts'
import { KernelError } from '../errors.ts'
import { elementCount, showShape } from '../graph/graph.ts'
import type { DType, GraphBuilder, Tensor } from '../ops/op.ts'
import type { LayerSpec, ModelSpec, SequentialSpec } from '../spec.ts'
import type { Initializer, LayerDefinition, LayerShapes, OptionValues } from './layer.ts'
import { definitionOf, innerLayersOf, resolveOptions } from './options.ts'

export interface ModelParameter {
  /** `0.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Initializer
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
  /** Appends the model to a graph. `x: [B, ...input]` → `[B, ...output]`. */
  build(context: ModelContext, x: Tensor): Tensor
}

/** Offsets are 32-bit in kernels, and a vector of this many f32 is 8 GiB. */
const MAX_PARAMETERS = 2 ** 31

export function resolveModel(model: ModelSpec): ResolvedModel {
  if (model.kind !== 'sequential') {
    throw new KernelError('BAD_MODEL', `model: unknown kind "${String((model as { kind: unknown }).kind)}"; supported is sequential`, {})
  }
  return resolveSequential(model)
}

interface ResolvedLayer extends ModelPart {
  readonly index: number
  readonly definition: LayerDefinition
  readonly options: OptionValues
  readonly own: LayerShapes
  readonly inner: readonly ResolvedLayer[]
}

function resolveSequential(model: SequentialSpec): ResolvedModel {
  if (model.input.length === 0 || !model.input.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new KernelError('BAD_MODEL', `model: input must be a list of sizes of at least 1, got ${showShape(model.input)}`, { input: model.input })
  }
  const counter = { next: 0 }
  const layers = resolveLayers(model.layers, model.input, '', counter)
  const first = layers[0]
  const vocabulary = first?.definition.vocabulary?.(first.options) ?? null
  return finishModel({
    input: model.input,
    inputType: vocabulary === null ? 'f32' : 'i32',
    vocabulary,
    output: layers.at(-1)?.output ?? model.input,
    parts: layers,
    build: (context, x) => buildLayers(layers, context, x),
  })
}

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

function resolveLayers(specs: readonly LayerSpec[], input: readonly number[], prefix: string, counter: { next: number }): ResolvedLayer[] {
  const layers: ResolvedLayer[] = []
  let shape = input
  specs.forEach((spec, place) => {
    const path = `${prefix}${place}`
    const index = counter.next++
    const definition = definitionOf(spec, path)
    const options = resolveOptions(definition, spec, path)
    if (definition.vocabulary !== undefined && index !== 0) {
      throw misfit(definition, shape, path, 'token ids, which only the first layer of a model is given')
    }
    const specsInside = innerLayersOf(definition, spec)
    const inner = specsInside === null ? [] : resolveLayers(specsInside, shape, `${path}.`, counter)
    const own = shapesOf(definition, options, shape, path, inner.at(-1)?.output)
    const named = <T extends { readonly name: string }>(items: readonly T[]): T[] => items.map((item) => ({ ...item, name: `${path}.${item.name}` }))
    layers.push({
      path,
      index,
      type: definition.type,
      definition,
      options,
      own,
      inner,
      input: shape,
      output: own.output,
      parameters: [...named(own.parameters), ...inner.flatMap((layer) => layer.parameters)],
      buffers: [...named(own.buffers ?? []), ...inner.flatMap((layer) => layer.buffers)],
    })
    shape = own.output
  })
  return layers
}

function buildLayers(layers: readonly ResolvedLayer[], context: ModelContext, x: Tensor): Tensor {
  let value = x
  for (const layer of layers) {
    const declared = (kind: string, names: readonly { readonly name: string }[], name: string): string => {
      if (names.some((item) => item.name === name)) return `${layer.path}.${name}`
      throw new RangeError(`layer ${layer.path} asks for a ${kind} ${name} that it did not declare`)
    }
    const { graph, training } = context
    const bufferName = (name: string) => declared('buffer', layer.own.buffers ?? [], name)
    value = layer.definition.build(
      {
        graph,
        index: layer.index,
        training,
        parameter: (name) => context.tensor(declared('parameter', layer.own.parameters, name)),
        buffer: (name) => context.tensor(bufferName(name)),
        observe: (name, observed) => context.observe(bufferName(name), observed),
        inner: (inside) => buildLayers(layer.inner, context, inside),
      },
      value,
      layer.options,
    )
  }
  return value
}

function shapesOf(definition: LayerDefinition, options: OptionValues, input: readonly number[], path: string, inner: readonly number[] | undefined) {
  try {
    return definition.shapes(input, options, inner)
  } catch (cause) {
    if (cause instanceof KernelError) throw cause
    throw misfit(definition, input, path, cause instanceof Error ? cause.message : String(cause), cause)
  }
}

function misfit(definition: LayerDefinition, input: readonly number[], path: string, needs: string, cause?: unknown): KernelError {
  const message = `layer ${path} (${definition.type}): input is ${showShape(input)}, it needs ${needs}`
  return new KernelError('BAD_MODEL', message, { layer: path, input }, cause === undefined ? undefined : { cause })
}
