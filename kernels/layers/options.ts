/** Reading a layer's options: defaults filled in, bounds checked, unknown keys refused by name. */
import { KernelError } from '../errors.ts'
import type { LayerSpec } from '../spec.ts'
import type { LayerDefinition, OptionDescription, OptionValues } from './layer.ts'
import { LAYERS } from './registry.ts'

/** `path` is the layer's place, as parameter names have it: `3`. */
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

export function resolveOptions(definition: LayerDefinition, layer: LayerSpec, path: string): OptionValues {
  const fail = (requirement: string): never => {
    throw new KernelError('BAD_MODEL', `layer ${path} (${definition.type}): ${requirement}`, { layer: path, type: definition.type })
  }
  const known = Object.keys(definition.options)
  for (const key of Object.keys(layer)) {
    if (key !== 'type' && !known.includes(key)) fail(`unknown option "${key}"; it takes ${known.length === 0 ? 'none' : known.join(', ')}`)
  }
  const values: Record<string, number | boolean | string> = {}
  for (const [key, description] of Object.entries(definition.options)) {
    const given = layer[key]
    const value = given ?? description.default
    if (value === undefined) fail(`option "${key}" is required (${description.help})`)
    const problem = problemWith(value, description)
    if (problem !== null) fail(`option "${key}" must be ${problem}, got ${JSON.stringify(value)}`)
    values[key] = value as number | boolean | string
  }
  return values
}

function problemWith(value: unknown, description: OptionDescription): string | null {
  if (description.type === 'boolean') return typeof value === 'boolean' ? null : 'true or false'
  if (description.type === 'choice') {
    return typeof value === 'string' && description.choices.includes(value) ? null : `one of ${description.choices.join(', ')}`
  }
  const { type, min, max } = description
  const whole = type === 'integer' ? 'a whole number' : 'a number'
  const fits = typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max && (type === 'number' || Number.isInteger(value))
  return fits ? null : `${whole} from ${min} to ${max}`
}
