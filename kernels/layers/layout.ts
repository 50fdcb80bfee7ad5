/**
 * Where each parameter and buffer lies in the flat vectors: parameters first, then buffers. Each kind is in byte order of
 * names, each entry starts at a multiple of 64 floats (256 bytes: the largest binding alignment there is), gaps are zero.
 */
import type { LayoutEntry, ParameterLayout } from '../engine/types.ts'
import { elementCount } from '../graph/graph.ts'
import { lnDeterministic } from '../optim/arithmetic.ts'
import { hashName, threefry2x32, unitFloat } from '../random/threefry.ts'
import type { ResolvedModel } from './model-parts.ts'

const ALIGNMENT_ELEMENTS = 64

export function layoutOfModel(model: ResolvedModel): ParameterLayout {
  const entries: LayoutEntry[] = []
  let offset = 0
  const add = (entry: Omit<LayoutEntry, 'offset' | 'size'>): void => {
    const size = elementCount(entry.shape)
    entries.push({ ...entry, offset, size })
    offset += Math.ceil(size / ALIGNMENT_ELEMENTS) * ALIGNMENT_ELEMENTS
  }
  // Names are ASCII, so comparing code units is comparing bytes.
  const inOrder = <T extends { readonly name: string }>(items: readonly T[]): T[] => [...items].sort((a, b) => (a.name < b.name ? -1 : 1))
  const hidden = hiddenMatrices(model)
  for (const { name, shape } of inOrder(model.parameters)) {
    const matrix = hidden.has(name) ? ([shape[0] ?? 0, elementCount(shape.slice(1))] as const) : undefined
    add({ name, shape, ...(matrix === undefined ? {} : { matrix }) })
  }
  for (const { name, shape, rule } of inOrder(model.buffers)) add({ name, shape, buffer: rule })
  return { entries, length: offset, parameterCount: model.parameterCount, ...(model.ignored === undefined ? {} : { ignored: model.ignored }) }
}

/** Names of the parameters that Muon is for: matrices that are neither tables nor the last linear layer (`LayoutEntry.matrix`). */
function hiddenMatrices(model: ResolvedModel): ReadonlySet<string> {
  const isMatrix = ({ shape, table }: ResolvedModel['parameters'][number]): boolean => shape.length >= 2 && table !== true
  const last = model.parts.findLast((part) => part.parameters.some(isMatrix))
  const head = last?.type === 'linear' ? last : null
  return new Set(model.parts.flatMap((part) => (part === head ? [] : part.parameters.filter(isMatrix))).map(({ name }) => name))
}

/** Where the parameters end and the buffers begin: what an optimizer's update runs over. */
export function trainedLength(layout: ParameterLayout): number {
  return layout.entries.find((entry) => entry.buffer !== undefined)?.offset ?? layout.length
}

/**
 * Starting weights: element i of a tensor is a pure function of (seed, tensor name, i), with the same bits on every
 * machine, so that members of a job need not send them to one another.
 */
export function initialVector(model: ResolvedModel, layout: ParameterLayout, seed: number): Float32Array {
  const vector = new Float32Array(layout.length)
  const inits = new Map(model.parameters.map((parameter) => [parameter.name, parameter.init]))
  const starts = new Map(model.buffers.map((buffer) => [buffer.name, buffer.start]))
  const seedHigh = Math.floor(seed / 2 ** 32) >>> 0
  const bits = new Uint32Array(2)
  for (const { name, offset, size } of layout.entries) {
    const init = inits.get(name) ?? { kind: 'constant', value: starts.get(name) ?? 0 }
    if (init.kind === 'constant') {
      vector.fill(init.value, offset, offset + size)
      continue
    }
    const key = hashName(name)
    const draw = (i: number, attempt: number): void => threefry2x32(seed >>> 0, (key + Math.imul(attempt, 0x9e37_79b9)) >>> 0, i, seedHigh, bits)
    for (let i = 0; i < size; i++) {
      if (init.kind === 'uniform') {
        draw(i, 0)
        vector[offset + i] = signedUnit(bits[0] ?? 0) * init.bound
      } else {
        vector[offset + i] = normal(bits, (attempt) => draw(i, attempt)) * init.deviation
      }
    }
  }
  return vector
}

const signedUnit = (word: number): number => 2 * unitFloat(word) - 1

/** Marsaglia's polar method: points of the square until one is inside the circle (79 % are). */
function normal(bits: Uint32Array, draw: (attempt: number) => void): number {
  for (let attempt = 0; ; attempt++) {
    draw(attempt)
    const [u, v] = [signedUnit(bits[0] ?? 0), signedUnit(bits[1] ?? 0)]
    const square = u * u + v * v
    if (square > 0 && square < 1) return u * Math.sqrt((-2 * lnDeterministic(square)) / square)
  }
}
