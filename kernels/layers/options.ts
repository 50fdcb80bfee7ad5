/** Reading a layer's options: defaults filled in, bounds checked, unknown keys refused by name. */
import { KernelError } from '../errors.ts'
import type { LayerSpec } from '../spec.ts'
import type { LayerDefinition, OptionDescription, OptionValue, OptionValues } from './layer.ts'
import { LAYERS } from './registry.ts'

/** `path` is the layer's place, as parameter names have it: `3`, `3.0`. */
export function definitionOf(layer: LayerSpec, path: string): LayerDefinition {
  const definition = LAYERS.get(layer.type)
  if (definition !== undefined) return definition
  const supported = [...LAYERS.keys()]
  throw new KernelError('BAD_MODEL', `layer ${path}: unknown type "${String(layer.type)}"; supported are ${supported.join(', ')}`, {
    layer: path,
    type: layer.type,
    supported,
  })
}

/** Layers inside a layer are left out: they are not values of an option but layers of their own (`innerLayersOf`). */
export function resolveOptions(definition: LayerDefinition, layer: LayerSpec, path: string): OptionValues {
  const fail = (requirement: string): never => {
    throw new KernelError('BAD_MODEL', `layer ${path} (${definition.type}): ${requirement}`, { layer: path, type: definition.type })
  }
  const known = Object.keys(definition.options)
  for (const key of Object.keys(layer)) {
    if (key !== 'type' && !known.includes(key)) fail(`unknown option "${key}"; it takes ${known.length === 0 ? 'none' : known.join(', ')}`)
  }
  const values: Record<string, OptionValue> = {}
  for (const [key, description] of Object.entries(definition.options)) {
    const value = layer[key] ?? description.default
    if (value === undefined && description.type === 'pair' && description.optional === true) continue
    if (value === undefined) fail(`option "${key}" is required (${description.help})`)
    const problem = problemWith(value, description)
    if (problem !== null) fail(`option "${key}" must be ${problem}, got ${JSON.stringify(value)}`)
    if (description.type === 'layers') continue
    values[key] = description.type === 'pair' && typeof value === 'number' ? [value, value] : (value as OptionValue)
  }
  return values
}

/** Null where the layer holds none. */
export function innerLayersOf(definition: LayerDefinition, layer: LayerSpec): readonly LayerSpec[] | null {
  const key = Object.entries(definition.options).find(([, description]) => description.type === 'layers')?.[0]
  return key === undefined ? null : (layer[key] as readonly LayerSpec[])
}

function problemWith(value: unknown, description: OptionDescription): string | null {
  switch (description.type) {
    case 'boolean':
      return typeof value === 'boolean' ? null : 'true or false'
    case 'choice':
      return typeof value === 'string' && description.choices.includes(value) ? null : `one of ${description.choices.join(', ')}`
    case 'layers':
      return Array.isArray(value) && value.length > 0 && value.every((item) => typeof item === 'object' && item !== null)
        ? null
        : 'a list of at least one layer'
    case 'sizes':
      return Array.isArray(value) && value.length > 0 && value.every((size) => isWhole(size, -1, MAX_SIZE) && size !== 0)
        ? null
        : 'a list of sizes of at least 1, or -1 for one that follows from the others'
    case 'pair': {
      const { min, max } = description
      const sizes = Array.isArray(value) ? value : [value, value]
      return sizes.length === 2 && sizes.every((size) => isWhole(size, min, max)) ? null : `a whole number from ${min} to ${max}, or two: [height, width]`
    }
    case 'integer':
    case 'number': {
      const { type, min, max } = description
      const fits = typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max && (type === 'number' || Number.isInteger(value))
      return fits ? null : `${type === 'integer' ? 'a whole number' : 'a number'} from ${min} to ${max}`
    }
  }
}

/** As in the job file's `input`. */
const MAX_SIZE = 1 << 24

function isWhole(value: unknown, min: number, max: number): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max
}
