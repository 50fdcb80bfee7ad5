/**
 * Where each parameter lies in the flat vectors. Entries are in byte order of their names, each starts at a multiple of
 * 64 floats (256 bytes: the largest binding alignment there is), gaps are zero.
 */
import type { LayoutEntry, ParameterLayout } from '../engine/types.ts'
import { elementCount } from '../graph/graph.ts'
import { hashName, threefry2x32, unitFloat } from '../random/threefry.ts'
import type { ResolvedModel } from './model.ts'

const ALIGNMENT_ELEMENTS = 64

export function layoutOfModel(model: ResolvedModel): ParameterLayout {
  const entries: LayoutEntry[] = []
  let offset = 0
  // Names are ASCII, so comparing code units is comparing bytes.
  for (const { name, shape } of [...model.parameters].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const size = elementCount(shape)
    entries.push({ name, shape, offset, size })
    offset += Math.ceil(size / ALIGNMENT_ELEMENTS) * ALIGNMENT_ELEMENTS
  }
  return { entries, length: offset, parameterCount: model.parameterCount }
}

/**
 * Starting weights: element i of a tensor is a pure function of (seed, tensor name, i), with the same bits on every
 * machine, so that members of a job need not send them to one another.
 */
export function initialVector(model: ResolvedModel, layout: ParameterLayout, seed: number): Float32Array {
  const vector = new Float32Array(layout.length)
  const inits = new Map(model.parameters.map((parameter) => [parameter.name, parameter.init]))
  const seedHigh = Math.floor(seed / 2 ** 32) >>> 0
  const bits = new Uint32Array(2)
  for (const { name, offset, size } of layout.entries) {
    const init = inits.get(name)
    if (init?.kind === 'constant') vector.fill(init.value, offset, offset + size)
    if (init?.kind !== 'uniform') continue
    const key = hashName(name)
    for (let i = 0; i < size; i++) {
      threefry2x32(seed >>> 0, key, i, seedHigh, bits)
      vector[offset + i] = (2 * unitFloat(bits[0] ?? 0) - 1) * init.bound
    }
  }
  return vector
}
