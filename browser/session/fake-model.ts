/**
 * Generated data and weights for the fake session, so that trying a model works without a mesh: drawn digits and clothes
 * as data sets (with true hashes), and weights that really tell them apart. The last linear layer is set to the class
 * means of what the layers before it make of the drawings; the others start as any job's do.
 *
 * Fake data only. Nothing of the real session may import this.
 */
import { sha256 } from '@noble/hashes/sha2.js'
import { bytesToHex } from '@noble/hashes/utils.js'
import { tensorOf, writeSafetensors, writeWeights } from '../../kernels/data/index.ts'
import { initialParameters, layoutOf, referencePrediction } from '../../kernels/index.ts'
import type { SequentialSpec } from '../../kernels/spec.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'
import { type Framing, framed, framingOf, Sketch } from '../model/image.ts'

type Part = JobSpec['data']['parts'][number]
/** Points of a line, x and y from 0 to 1 in turn. */
type Line = readonly number[]

const DIGITS: readonly (readonly Line[])[] = [
  [[0.5, 0.1, 0.25, 0.25, 0.2, 0.5, 0.25, 0.75, 0.5, 0.9, 0.75, 0.75, 0.8, 0.5, 0.75, 0.25, 0.5, 0.1]],
  [[0.35, 0.25, 0.52, 0.1, 0.52, 0.9]],
  [[0.22, 0.3, 0.35, 0.12, 0.62, 0.12, 0.75, 0.3, 0.65, 0.5, 0.22, 0.9, 0.8, 0.9]],
  [[0.25, 0.15, 0.6, 0.1, 0.75, 0.28, 0.6, 0.47, 0.42, 0.48, 0.62, 0.5, 0.78, 0.7, 0.6, 0.9, 0.22, 0.85]],
  [
    [0.6, 0.1, 0.2, 0.62, 0.82, 0.62],
    [0.64, 0.4, 0.64, 0.92],
  ],
  [[0.75, 0.12, 0.3, 0.12, 0.27, 0.45, 0.55, 0.42, 0.77, 0.6, 0.7, 0.83, 0.45, 0.92, 0.22, 0.82]],
  [[0.68, 0.1, 0.38, 0.3, 0.24, 0.62, 0.35, 0.88, 0.62, 0.9, 0.76, 0.7, 0.6, 0.52, 0.3, 0.6]],
  [[0.2, 0.12, 0.8, 0.12, 0.45, 0.9]],
  [[0.5, 0.48, 0.28, 0.3, 0.4, 0.1, 0.62, 0.1, 0.72, 0.3, 0.5, 0.48, 0.24, 0.7, 0.36, 0.9, 0.64, 0.9, 0.76, 0.7, 0.5, 0.48]],
  [[0.72, 0.35, 0.5, 0.5, 0.28, 0.38, 0.32, 0.16, 0.56, 0.08, 0.72, 0.2, 0.72, 0.5, 0.62, 0.92]],
]

const CLOTHES: readonly (readonly Line[])[] = [
  [
    [0.4, 0.2, 0.4, 0.9, 0.5, 0.2, 0.5, 0.9, 0.6, 0.2, 0.6, 0.9],
    [0.35, 0.2, 0.1, 0.42],
    [0.65, 0.2, 0.9, 0.42],
  ],
  [
    [0.4, 0.08, 0.36, 0.92],
    [0.6, 0.08, 0.64, 0.92],
    [0.4, 0.1, 0.6, 0.1],
  ],
  [
    [0.42, 0.2, 0.42, 0.85, 0.58, 0.2, 0.58, 0.85],
    [0.32, 0.2, 0.12, 0.85],
    [0.68, 0.2, 0.88, 0.85],
  ],
  [
    [0.42, 0.08, 0.5, 0.4, 0.58, 0.08],
    [0.5, 0.4, 0.3, 0.92, 0.5, 0.5, 0.5, 0.92, 0.5, 0.5, 0.7, 0.92, 0.3, 0.92],
  ],
  [
    [0.4, 0.1, 0.36, 0.92],
    [0.6, 0.1, 0.64, 0.92],
    [0.3, 0.15, 0.14, 0.8],
    [0.7, 0.15, 0.86, 0.8],
    [0.4, 0.1, 0.6, 0.1],
  ],
  [
    [0.08, 0.62, 0.5, 0.7, 0.92, 0.62],
    [0.1, 0.78, 0.9, 0.78],
    [0.5, 0.7, 0.75, 0.35],
  ],
  [
    [0.42, 0.12, 0.42, 0.9, 0.5, 0.2, 0.5, 0.9, 0.58, 0.12, 0.58, 0.9],
    [0.34, 0.15, 0.1, 0.6],
    [0.66, 0.15, 0.9, 0.6],
  ],
  [
    [0.08, 0.7, 0.92, 0.7],
    [0.1, 0.6, 0.5, 0.58, 0.9, 0.45],
    [0.85, 0.45, 0.9, 0.7],
  ],
  [
    [0.15, 0.45, 0.85, 0.45, 0.85, 0.88, 0.15, 0.88, 0.15, 0.45, 0.85, 0.88],
    [0.35, 0.42, 0.38, 0.15, 0.62, 0.15, 0.65, 0.42],
  ],
  [
    [0.7, 0.1, 0.7, 0.8, 0.82, 0.1, 0.82, 0.8],
    [0.7, 0.75, 0.2, 0.85, 0.85, 0.88],
  ],
]

const TEST_SAMPLES = 200
const MEAN_SAMPLES = 160

/** A small generator with a seed (mulberry32): the same pictures at every start. */
function random(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

function drawn(glyph: readonly Line[], framing: Framing, next: () => number, bold: number): Float32Array {
  const size = framing.width * 2
  const sketch = new Sketch(size)
  const slant = (next() - 0.5) * 0.3
  const stretch = 0.85 + next() * 0.3
  const radius = size * bold * (0.8 + next() * 0.5)
  const wobble = () => (next() - 0.5) * 0.05
  for (const line of glyph) {
    const points: [number, number][] = []
    for (let i = 0; i + 1 < line.length; i += 2) {
      const y = (line[i + 1] as number) + wobble()
      const x = ((line[i] as number) - 0.5) * stretch + 0.5 + slant * (0.5 - y) + wobble()
      points.push([(0.1 + 0.8 * x) * size, (0.1 + 0.8 * y) * size])
    }
    points.slice(1).forEach(([x, y], i) => {
      const [fromX, fromY] = points[i] as [number, number]
      sketch.stroke(fromX, fromY, x, y, radius)
    })
  }
  return framed(sketch, framing) ?? new Float32Array(framing.width * framing.height)
}

interface Pictures {
  readonly x: Float32Array
  readonly y: Int32Array
  readonly side: number
}

function pictures(dataset: string, count: number, seed: number): Pictures {
  const side = dataset === 'digits' ? 8 : 28
  const framing = framingOf({ width: side, height: side }, dataset)
  const glyphs = dataset === 'fashion-mnist' ? CLOTHES : DIGITS
  const bold = dataset === 'fashion-mnist' ? 0.06 : side === 8 ? 0.06 : 0.04
  const next = random(seed)
  const x = new Float32Array(count * side * side)
  const y = new Int32Array(count)
  for (let i = 0; i < count; i++) {
    const label = i % glyphs.length
    y[i] = label
    x.set(drawn(glyphs[label] as readonly Line[], framing, next, bold), i * side * side)
  }
  return { x, y, side }
}

const blobs = new Map<string, Uint8Array>()
const madeParts = new Map<string, readonly Part[]>()

function stored(role: Part['role'], format: Part['format'], bytes: Uint8Array): Part {
  const hash = bytesToHex(sha256(bytes))
  blobs.set(hash, bytes)
  return { role, format, gzip: false, sha256: hash, bytes: bytes.byteLength }
}

/** `spec.data.parts` of a generated data set called `digits` (8×8) or otherwise (28×28); `fakeBlob` has their bytes. */
export function fakeDataParts(dataset: string): readonly Part[] {
  const known = madeParts.get(dataset)
  if (known !== undefined) return known
  const parts = (['train', 'test'] as const).map((role, index) => {
    const { x, y, side } = pictures(dataset, TEST_SAMPLES, 11 + index)
    const bytes = Uint8Array.from(x, (value) => Math.round(value * 255))
    const file = writeSafetensors([tensorOf('x', [TEST_SAMPLES, side * side], bytes), tensorOf('y', [TEST_SAMPLES], y)])
    return stored(role, 'safetensors', file)
  })
  madeParts.set(dataset, parts)
  return parts
}

/** What `Session.blob` answers. */
export function fakeBlob(hash: string): Uint8Array | null {
  return blobs.get(hash) ?? null
}

/**
 * Weights for a spec's model. It tells the drawings apart when it is sequential, takes 64 or 784 numbers and ends in a
 * linear layer of 10; any other model gets its starting weights.
 */
export function fakeWeights(spec: JobSpec): Uint8Array {
  const layout = layoutOf(spec)
  const parameters = initialParameters(spec)
  const { model } = spec
  if (model.kind !== 'sequential') return writeWeights(parameters, layout)
  const inputs = model.input.reduce((product, size) => product * size, 1)
  const lastIndex = model.layers.length - 1
  const last = model.layers[lastIndex]
  if (last?.type === 'linear' && last.units === 10 && (inputs === 64 || inputs === 784)) {
    const { x, y } = pictures(inputs === 64 ? 'digits' : (spec.data.dataset ?? 'digits-28'), MEAN_SAMPLES, 5)
    const features = featuresBefore(model, lastIndex, parameters, x, MEAN_SAMPLES)
    setLastLayer(parameters, layout, `${lastIndex}.`, features, y)
  }
  return writeWeights(parameters, layout)
}

function featuresBefore(model: SequentialSpec, lastIndex: number, parameters: Float32Array, x: Float32Array, count: number): Float64Array {
  const front = { ...model, layers: model.layers.slice(0, lastIndex) }
  const hasLinear = front.layers.some((layer) => layer.type === 'linear')
  if (!hasLinear) return Float64Array.from(x)
  const whole = layoutOf({ model })
  const layout = layoutOf({ model: front })
  const flat = new Float32Array(layout.length)
  for (const { name, offset, size } of layout.entries) {
    const from = whole.entries.find((entry) => entry.name === name)?.offset ?? 0
    flat.set(parameters.subarray(from, from + size), offset)
  }
  return referencePrediction(front, flat, x, count)
}

/** Nearest class mean as a linear layer: w = 2·s·mean, b = −s·|mean|², about the mean of all. */
function setLastLayer(flat: Float32Array, layout: ReturnType<typeof layoutOf>, prefix: string, features: Float64Array, labels: Int32Array): void {
  const width = features.length / labels.length
  const overall = new Float64Array(width)
  const means = Array.from({ length: 10 }, () => new Float64Array(width))
  const counts = new Float64Array(10)
  labels.forEach((label, row) => {
    counts[label] = (counts[label] ?? 0) + 1
    for (let i = 0; i < width; i++) {
      const value = features[row * width + i] as number
      ;(means[label] as Float64Array)[i] = ((means[label] as Float64Array)[i] as number) + value
      overall[i] = (overall[i] as number) + value / labels.length
    }
  })
  let spread = 0
  means.forEach((mean, label) => {
    for (let i = 0; i < width; i++) mean[i] = (mean[i] as number) / Math.max(1, counts[label] as number) - (overall[i] as number)
    spread += mean.reduce((sum, value) => sum + value * value, 0) / 10
  })
  // Logits a few units apart: sure of a clear drawing, unsure of a scribble.
  const scale = 4 / Math.max(spread, 1e-9)
  const weight = layout.entries.find((entry) => entry.name === `${prefix}weight`)
  const bias = layout.entries.find((entry) => entry.name === `${prefix}bias`)
  means.forEach((mean, label) => {
    let offset = 0
    for (let i = 0; i < width; i++) {
      const value = mean[i] as number
      if (weight) flat[weight.offset + label * width + i] = scale * value
      offset += scale * value * ((overall[i] as number) + value / 2)
    }
    if (bias) flat[bias.offset + label] = -offset
  })
}
