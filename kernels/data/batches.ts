/**
 * Which samples a step trains on, and their numbers. Every peer computes both for itself, for any step, with nothing
 * remembered from the steps before; so all peers must get the very same answer on any machine.
 *
 * An epoch is ⌊N / batchSize⌋ steps; the remainder is left out. Its order is a permutation of 0 … N−1 keyed by
 * (seed, epoch), evaluated one index at a time: a Feistel network of eight rounds on the smallest even power-of-two
 * domain that holds N, walked until the value is below N (cycle walking, J. Black and P. Rogaway, "Ciphers with
 * Arbitrary Finite Domains", 2002). Only 32-bit integer operations, hence the same bits everywhere.
 */
import { KernelError } from '../errors.ts'
import type { Dataset } from './types.ts'

/** Four would do for a pseudo-random permutation (Luby, Rackoff) of a large domain; small ones need more. */
const ROUNDS = 8

/** A well-mixed 32-bit hash ("lowbias32", C. Wellons, hash-prospector). */
function mix(value: number): number {
  let h = value | 0
  h = Math.imul(h ^ (h >>> 16), 0x21f0aaad)
  h = Math.imul(h ^ (h >>> 15), 0x735a2d97)
  return h ^ (h >>> 15)
}

/** Round keys of one epoch's order. `seed`: any safe integer; both halves count. `epoch`: from 0. */
function roundKeys(seed: number, epoch: number): Int32Array {
  const low = seed | 0
  const high = Math.floor(seed / 0x1_0000_0000) | 0
  let state = mix(mix(mix(low ^ 0x9e37_79b9) + high) + epoch)
  return Int32Array.from({ length: ROUNDS }, (_, round) => {
    state = mix(state + Math.imul(round + 1, 0x9e37_79b9))
    return state
  })
}

/** `place` → sample: a permutation of 0 … length−1 for each (seed, epoch). `length` up to 2^30. */
export function shuffledIndex(length: number, keys: Int32Array, place: number): number {
  if (length <= 1) return 0
  const halfBits = Math.max(1, Math.ceil((32 - Math.clz32(length - 1)) / 2))
  const mask = (1 << halfBits) - 1
  let value = place
  do {
    let left = value >>> halfBits
    let right = value & mask
    for (let round = 0; round < ROUNDS; round++) {
      const next = left ^ (mix(right + (keys[round] ?? 0)) & mask)
      left = right
      right = next
    }
    value = ((left << halfBits) | right) >>> 0
  } while (value >= length)
  return value
}

export function stepsPerEpoch(length: number, batchSize: number): number {
  if (!Number.isSafeInteger(batchSize) || batchSize < 1) {
    throw new KernelError('BAD_DATA', `batchSize must be a positive integer, got ${batchSize}`, { batchSize })
  }
  const steps = Math.floor(length / batchSize)
  if (steps === 0) {
    throw new KernelError('BAD_DATA', `batchSize ${batchSize} is larger than the ${length} training samples`, {
      batchSize,
      length,
    })
  }
  return steps
}

export interface SamplePlan {
  readonly seed: number
  /** 1-based global step. */
  readonly step: number
  readonly batchSize: number
  /** Samples in the training set. */
  readonly length: number
  /** false: file order, batch after batch, the same in every epoch. */
  readonly shuffle: boolean
}

/** The samples of one step's whole batch, in order. */
export function sampleIndices({ seed, step, batchSize, length, shuffle }: SamplePlan): Uint32Array<ArrayBuffer> {
  const steps = stepsPerEpoch(length, batchSize)
  if (!Number.isSafeInteger(step) || step < 1) throw new KernelError('BAD_DATA', `step counts from 1, got ${step}`, { step })
  if (length > 2 ** 30) throw new KernelError('BAD_DATA', `at most 2^30 samples can be put in order, got ${length}`, { length })
  const epoch = Math.floor((step - 1) / steps)
  const first = ((step - 1) % steps) * batchSize
  const indices = new Uint32Array(batchSize)
  if (!shuffle) return indices.map((_, i) => first + i)
  const keys = roundKeys(seed, epoch)
  return indices.map((_, i) => shuffledIndex(length, keys, first + i))
}

export interface GatheredBatch {
  /** `[count, ...sampleShape]`: f32, or i32 token ids. */
  readonly x: Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>
  /** `[count, ...targetShape]` */
  readonly y: Int32Array<ArrayBuffer> | Float32Array<ArrayBuffer>
}

/**
 * Rows `from … from + count` of `indices`, copied together. `into`: a batch of an earlier call to write over; used when
 * it has the right size, so that a training loop allocates once.
 */
export function gather(dataset: Dataset, indices: ArrayLike<number>, from: number, count: number, into?: GatheredBatch): GatheredBatch {
  if (from < 0 || count < 0 || from + count > indices.length) {
    throw new KernelError('BAD_DATA', `gather: rows ${from} to ${from + count} of ${indices.length}`, { from, count })
  }
  const xSize = dataset.x.length / dataset.length
  const ySize = dataset.y.length / dataset.length
  const x = reuse(into?.x, dataset.x instanceof Int32Array ? Int32Array : Float32Array, count * xSize)
  const y = reuse(into?.y, dataset.y instanceof Int32Array ? Int32Array : Float32Array, count * ySize)
  const { x: source, xScale } = dataset
  for (let row = 0; row < count; row++) {
    const sample = indices[from + row] ?? dataset.length
    if (sample >= dataset.length) {
      throw new KernelError('BAD_DATA', `gather: sample ${sample} of ${dataset.length}`, { sample })
    }
    const start = sample * xSize
    if (source instanceof Uint8Array) {
      // Exactly what f32 division by 255 gives: the product in f64 rounds to the same f32 for all 256 values (tested).
      const at = row * xSize
      for (let i = 0; i < xSize; i++) x[at + i] = (source[start + i] ?? 0) * xScale
    } else {
      x.set(source.subarray(start, start + xSize), row * xSize)
    }
    y.set(dataset.y.subarray(sample * ySize, (sample + 1) * ySize), row * ySize)
  }
  return { x, y }
}

type Numbers = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer>

function reuse(old: Numbers | undefined, type: Float32ArrayConstructor | Int32ArrayConstructor, length: number): Numbers {
  return old instanceof type && old.length === length ? old : new type(length)
}

/** 0 … length−1, for walking a test set in order. */
export function inOrder(length: number): Uint32Array<ArrayBuffer> {
  return new Uint32Array(length).map((_, i) => i)
}
