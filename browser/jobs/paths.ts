/** Reading and changing one value of a job file by its key, `model.layers[0].units`, without touching the rest. */
import type { Json } from './json-text.ts'

export type JsonObject = { readonly [key: string]: Json }

export function tokensOf(path: string): (string | number)[] {
  return [...path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)].map(([, key, index]) => (index === undefined ? (key ?? '') : Number(index)))
}

export function valueAt(json: Json | undefined, path: string): Json | undefined {
  let value = json
  for (const token of tokensOf(path)) {
    if (value === null || typeof value !== 'object') return undefined
    value = Array.isArray(value) ? (value as readonly Json[])[Number(token)] : Object.hasOwn(value, token) ? (value as JsonObject)[token] : undefined
  }
  return value
}

/** A copy with the value at `path` changed, `undefined` takes the key away; what lies on the way is made. */
export function withValue(json: JsonObject, path: string, value: Json | undefined): JsonObject {
  return changed(json, tokensOf(path), value) as JsonObject
}

function changed(json: Json | undefined, [token, ...rest]: readonly (string | number)[], value: Json | undefined): Json | undefined {
  if (token === undefined) return value
  if (typeof token === 'number') {
    const list = Array.isArray(json) ? [...(json as readonly Json[])] : []
    const next = changed(list[token], rest, value)
    if (next === undefined) list.splice(token, 1)
    else list[token] = next
    return list
  }
  const object = isObject(json) ? json : {}
  const next = changed(Object.hasOwn(object, token) ? object[token] : undefined, rest, value)
  const entries = Object.entries(object)
  if (next === undefined) return Object.fromEntries(entries.filter(([key]) => key !== token))
  // In place: a changed key must not jump to the end of the text.
  if (Object.hasOwn(object, token)) return Object.fromEntries(entries.map(([key, old]) => [key, key === token ? next : old]))
  return Object.fromEntries([...entries, [token, next]])
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
