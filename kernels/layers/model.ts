/**
 * A model specification, resolved: every layer's options, shapes and full parameter names, checked before anything is
 * built. Parameter names are those of PyTorch's nn.Sequential: `<index>.weight`, and `<index>.<inner index>.weight` for
 * layers inside layers.
 *
 * Refuses, naming the layer, its input shape and what it needs: unknown layers and options, shapes that do not fit,
 * models without parameters, models larger than a vector can be.
 */
import { KernelError } from '../errors.ts'
import { showShape } from '../graph/graph.ts'
import type { Tensor } from '../ops/op.ts'
import type { LayerSpec, ModelSpec, SequentialSpec } from '../spec.ts'
import { resolveGpt2 } from './gpt2.ts'
import type { LayerContext, LayerDefinition, LayerShapes, OptionValues } from './layer.ts'
import { finishModel, type ModelContext, type ModelPart, type ResolvedModel } from './model-parts.ts'
import { definitionOf, innerLayersOf, resolveOptions } from './options.ts'

export function resolveModel(model: ModelSpec): ResolvedModel {
  switch (model.kind) {
    case 'sequential':
      return resolveSequential(model)
    case 'gpt2':
      return resolveGpt2(model)
    default:
      throw new KernelError('BAD_MODEL', `model: unknown kind "${String((model as { kind: unknown }).kind)}"; supported are sequential, gpt2`, {})
  }
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
    const own: LayerContext = {
      graph,
      index: layer.index,
      training,
      parameter: (name) => context.tensor(declared('parameter', layer.own.parameters, name)),
      buffer: (name) => context.tensor(bufferName(name)),
      observe: (name, observed) => context.observe(bufferName(name), observed),
      inner: (inside) => buildLayers(layer.inner, context, inside),
    }
    const input = value
    value = graph.within(`layer ${layer.path} (${layer.type})`, () => layer.definition.build(own, input, layer.options))
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
