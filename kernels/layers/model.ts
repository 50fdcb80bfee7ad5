/**
 * A model specification, resolved: every layer's options, shapes and full parameter names, checked before anything is
 * built. Parameter names are those of PyTorch's nn.Sequential: `<index>.weight`.
 *
 * Refuses, naming the layer, its input shape and what it needs: unknown layers and options, shapes that do not fit,
 * models without parameters, models larger than a vector can be.
 */
import { KernelError } from '../errors.ts'
import { elementCount, showShape } from '../graph/graph.ts'
import type { GraphBuilder, Tensor } from '../ops/op.ts'
import type { ModelSpec } from '../spec.ts'
import type { Initializer, LayerDefinition, OptionValues } from './layer.ts'
import { definitionOf, resolveOptions } from './options.ts'

export interface ModelParameter {
  /** `0.weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Initializer
}

export interface ResolvedLayer {
  readonly path: string
  readonly index: number
  readonly definition: LayerDefinition
  readonly options: OptionValues
  readonly input: readonly number[]
  readonly output: readonly number[]
  readonly parameters: readonly ModelParameter[]
}

export interface ResolvedModel {
  readonly input: readonly number[]
  readonly output: readonly number[]
  readonly layers: readonly ResolvedLayer[]
  readonly parameters: readonly ModelParameter[]
  readonly parameterCount: number
}

/** Offsets are 32-bit in kernels, and a vector of this many f32 is 8 GiB. */
const MAX_PARAMETERS = 2 ** 31

export function resolveModel(model: ModelSpec): ResolvedModel {
  if (model.kind !== 'sequential') {
    throw new KernelError('BAD_MODEL', `model: unknown kind "${String((model as { kind: unknown }).kind)}"; supported is sequential`, {})
  }
  if (model.input.length === 0 || !model.input.every((size) => Number.isSafeInteger(size) && size > 0)) {
    throw new KernelError('BAD_MODEL', `model: input must be a list of sizes of at least 1, got ${showShape(model.input)}`, { input: model.input })
  }
  const layers: ResolvedLayer[] = []
  let shape: readonly number[] = model.input
  model.layers.forEach((layer, index) => {
    const path = String(index)
    const definition = definitionOf(layer, path)
    const options = resolveOptions(definition, layer, path)
    const { output, parameters } = shapesOf(definition, options, shape, path)
    const named = parameters.map((parameter) => ({ ...parameter, name: `${path}.${parameter.name}` }))
    layers.push({ path, index, definition, options, input: shape, output, parameters: named })
    shape = output
  })
  const parameters = layers.flatMap((layer) => layer.parameters)
  const parameterCount = parameters.reduce((sum, parameter) => sum + elementCount(parameter.shape), 0)
  if (parameterCount === 0) throw new KernelError('BAD_MODEL', 'model: no layer has parameters, there is nothing to train', {})
  if (parameterCount > MAX_PARAMETERS) {
    throw new KernelError('BAD_MODEL', `model: ${parameterCount} parameters, at most ${MAX_PARAMETERS} are supported`, { parameterCount })
  }
  return { input: model.input, output: shape, layers, parameters, parameterCount }
}

/** Appends the model to a graph. `x: [B, ...input]` → `[B, ...output]`. */
export function buildModel(graph: GraphBuilder, model: ResolvedModel, x: Tensor, parameters: ReadonlyMap<string, Tensor>, training: boolean): Tensor {
  let value = x
  for (const layer of model.layers) {
    const parameter = (name: string): Tensor => {
      const tensor = parameters.get(`${layer.path}.${name}`)
      if (tensor === undefined) throw new RangeError(`layer ${layer.path} asks for a parameter ${name} that it did not declare`)
      return tensor
    }
    value = layer.definition.build({ graph, index: layer.index, training, parameter }, value, layer.options)
  }
  return value
}

function shapesOf(definition: LayerDefinition, options: OptionValues, input: readonly number[], path: string) {
  try {
    return definition.shapes(input, options)
  } catch (cause) {
    if (cause instanceof KernelError) throw cause
    const needs = cause instanceof Error ? cause.message : String(cause)
    throw new KernelError('BAD_MODEL', `layer ${path} (${definition.type}): input is ${showShape(input)}, it needs ${needs}`, { layer: path, input }, { cause })
  }
}
