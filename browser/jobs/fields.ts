/**
 * The fields of the job form, read off the schema itself (as JSON Schema) and off the layers' own descriptions: a key that
 * the schema learns appears in the form by itself. Words for people stand in `field-words.ts`.
 */
import * as z from 'zod/mini'
import { describeLayers, type OptionDescription } from '../../kernels/index.ts'
import { jobFile } from '../../protocol/jobs/spec.ts'
import type { Json } from './json-text.ts'

/** What a control must be able to hold. `numbers`: a list such as `1, 28, 28`; `pair`: one number or two; `objects`: a list of JSON objects. */
export type FieldKind = 'number' | 'integer' | 'text' | 'boolean' | 'choice' | 'numbers' | 'pair' | 'objects'

export interface Field {
  /** `optimizer.lr` */
  readonly key: string
  readonly kind: FieldKind
  /** Values that are words, beside numbers: `auto`; or the choices. */
  readonly choices: readonly string[]
  /** Undefined: there is none, the field must be filled in. */
  readonly default: Json | undefined
  readonly optional: boolean
  /** `at least 1`, `above 0 and at most 1`; empty where anything goes. */
  readonly range: string
}

interface Schema {
  readonly type?: string | readonly string[]
  readonly const?: Json
  readonly enum?: readonly string[]
  readonly default?: Json
  readonly properties?: Readonly<Record<string, Schema>>
  readonly required?: readonly string[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly minimum?: number
  readonly maximum?: number
  readonly exclusiveMinimum?: number
  readonly exclusiveMaximum?: number
}

const schema = z.toJSONSchema(jobFile, { io: 'input' }) as Schema

/** Tags of a union's branches: the optimizers, the losses, the ways of merging. */
export function variantsOf(key: string): readonly string[] {
  return [...new Set(branchesOf(key).map(({ tag }) => tag))]
}

/** The fields behind a key; of a union, those of the branch `variant`. Objects below are left to their own call. */
export function fieldsOf(key: string, variant?: string): Field[] {
  const branches = branchesOf(key)
  const only = branches.length === 1 ? branches[0]?.tag : undefined
  const tag = variant ?? only
  const at = tag === undefined ? schemaAt(key) : branches.find((branch) => branch.tag === tag)?.schema
  if (at?.properties === undefined) return []
  const tagKey = tagOf(at)
  return Object.entries(at.properties).flatMap(([name, property]) => {
    if (tag !== undefined && name === tagKey) return []
    const full = key === '' ? name : `${key}.${name}`
    const field = fieldOf(full, property, !(at.required ?? []).includes(name))
    return field === null ? [] : [field]
  })
}

export function fieldAt(key: string): Field {
  const parent = key.includes('.') ? key.slice(0, key.lastIndexOf('.')) : ''
  const branches = variantsOf(parent)
  const fields = branches.length > 1 ? branches.flatMap((branch) => fieldsOf(parent, branch)) : fieldsOf(parent)
  const field = fields.find((candidate) => candidate.key === key)
  if (field === undefined) throw new RangeError(`the job file has no plain field "${key}"`)
  return field
}

export interface LayerFields {
  readonly type: string
  readonly summary: string
  readonly fields: readonly (Field & { readonly help: string })[]
}

/** What layers there are and what each takes. `key` of a field is the option's name alone. */
export const LAYER_TYPES: readonly LayerFields[] = describeLayers().map(({ type, summary, options }) => ({
  type,
  summary,
  fields: Object.entries(options).map(([key, option]) => ({ ...optionField(key, option), help: option.help })),
}))

function optionField(key: string, option: OptionDescription): Field {
  const base = { key, default: option.default, optional: option.default !== undefined, choices: [], range: '' }
  if (option.type === 'choice') return { ...base, kind: 'choice', choices: option.choices }
  if (option.type === 'boolean') return { ...base, kind: 'boolean' }
  if (option.type === 'sizes') return { ...base, kind: 'numbers' }
  if (option.type === 'layers') return { ...base, kind: 'objects' }
  if (option.type === 'pair')
    return { ...base, kind: 'pair', optional: base.optional || option.optional === true, range: rangeOf({ minimum: option.min, maximum: option.max }) }
  return { ...base, kind: option.type, range: rangeOf({ minimum: option.min, maximum: option.max }) }
}

function schemaAt(key: string): Schema | undefined {
  let at: Schema | undefined = schema
  for (const part of key === '' ? [] : key.split('.')) at = at?.properties?.[part]
  return at
}

function branchesOf(key: string): { tag: string; schema: Schema }[] {
  const walk = (at: Schema | undefined): { tag: string; schema: Schema }[] => {
    if (at === undefined) return []
    const inner = at.oneOf ?? at.anyOf
    if (inner !== undefined) return inner.flatMap(walk)
    const tagKey = tagOf(at)
    const tag = tagKey === null ? undefined : at.properties?.[tagKey]?.const
    return typeof tag === 'string' ? [{ tag, schema: at }] : []
  }
  const union = schemaAt(key)
  return union?.oneOf === undefined && union?.anyOf === undefined ? [] : walk(union)
}

/** The first property that is a constant: `type`, `mode`, `kind`. */
function tagOf({ properties = {} }: Schema): string | null {
  return Object.entries(properties).find(([, property]) => property.const !== undefined)?.[0] ?? null
}

function fieldOf(key: string, schema: Schema, optional: boolean): Field | null {
  const options = schema.anyOf?.filter((option) => option.type !== 'null') ?? [schema]
  const words = options.flatMap((option) => option.enum ?? (typeof option.const === 'string' ? [option.const] : []))
  const plain = options.find((option) => option.enum === undefined && option.const === undefined)
  const base = { key, default: schema.default, optional, choices: words, range: plain === undefined ? '' : rangeOf(plain) }
  const type = Array.isArray(plain?.type) ? plain.type.find((name) => name !== 'null') : plain?.type
  switch (type) {
    case undefined:
      return words.length > 0 ? { ...base, kind: 'choice' } : null
    case 'integer':
    case 'number':
      return { ...base, kind: type }
    case 'boolean':
      return { ...base, kind: 'boolean' }
    case 'string':
      return { ...base, kind: 'text' }
    case 'array':
      return plain === undefined || isObjectList(plain) ? null : { ...base, kind: 'numbers' }
    default:
      return null
  }
}

function isObjectList(schema: Schema & { readonly items?: Schema | boolean }): boolean {
  return typeof schema.items === 'object' && schema.items.type !== 'integer' && schema.items.type !== 'number'
}

function rangeOf({ minimum, maximum, exclusiveMinimum, exclusiveMaximum }: Schema): string {
  const show = (value: number): string => value.toLocaleString('en', { maximumFractionDigits: 6 })
  const parts: string[] = []
  if (minimum !== undefined && minimum > Number.MIN_SAFE_INTEGER) parts.push(`at least ${show(minimum)}`)
  if (exclusiveMinimum !== undefined) parts.push(`above ${show(exclusiveMinimum)}`)
  if (maximum !== undefined && maximum < Number.MAX_SAFE_INTEGER) parts.push(`at most ${show(maximum)}`)
  if (exclusiveMaximum !== undefined) parts.push(`below ${show(exclusiveMaximum)}`)
  return parts.join(' and ')
}

const NUMBER = /^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$/

/**
 * What a person typed, as JSON: `undefined` for nothing (the default applies). A text that is no number stays a text, so
 * that nothing typed is lost and the schema says what is wrong with it.
 */
export function typedValue({ kind }: Pick<Field, 'kind'>, text: string): Json | undefined {
  if (text.trim() === '') return undefined
  if (kind === 'number' || kind === 'integer') return NUMBER.test(text) ? Number(text) : text.trim()
  if (kind === 'objects') return jsonList(text) ?? text.trim()
  if (kind === 'numbers' || kind === 'pair') {
    const parts = text
      .replace(/^\s*\[|\]\s*$/g, '')
      .split(/[,×x]|\s+/)
      .map((part) => part.trim())
      .filter((part) => part !== '')
    if (parts.length === 0 || !parts.every((part) => NUMBER.test(part))) return text.trim()
    return kind === 'pair' && parts.length === 1 ? Number(parts[0]) : parts.map(Number)
  }
  return text
}

/** With or without the brackets around it. */
function jsonList(text: string): Json | null {
  for (const candidate of [text, `[${text}]`]) {
    try {
      const value = JSON.parse(candidate) as Json
      if (Array.isArray(value)) return value
    } catch {
      // The other form, or a text.
    }
  }
  return null
}

/** The other way: what a control shows. */
export function shownValue(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  if (Array.isArray(value)) return value.map((part) => (typeof part === 'object' ? JSON.stringify(part) : String(part))).join(', ')
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}
