/**
 * IDX, the format of MNIST and its kin: two zero bytes, element type, rank, big-endian sizes, big-endian elements.
 * https://yann.lecun.com/exdb/mnist (archived). Images stay `uint8` in memory and are scaled when a batch is gathered.
 */
import { KernelError } from '../errors.ts'
import type { Dataset } from './types.ts'

export interface IdxArray {
  readonly shape: readonly number[]
  /** For `uint8` a view of the file, else a copy in this machine's byte order. */
  readonly data: Uint8Array | Int32Array | Float32Array
}

interface ElementType {
  readonly bytes: number
  read(view: DataView, count: number): Int32Array | Float32Array
}

const TYPES: Readonly<Record<number, ElementType>> = {
  9: { bytes: 1, read: (view, count) => Int32Array.from({ length: count }, (_, i) => view.getInt8(i)) },
  11: { bytes: 2, read: (view, count) => Int32Array.from({ length: count }, (_, i) => view.getInt16(i * 2)) },
  12: { bytes: 4, read: (view, count) => Int32Array.from({ length: count }, (_, i) => view.getInt32(i * 4)) },
  13: { bytes: 4, read: (view, count) => Float32Array.from({ length: count }, (_, i) => view.getFloat32(i * 4)) },
  14: { bytes: 8, read: (view, count) => Float32Array.from({ length: count }, (_, i) => view.getFloat64(i * 8)) },
}
const UINT8 = 0x08
/** Images in colour over time have five. */
const MAX_RANK = 8

export function parseIdx(file: Uint8Array, label = 'idx'): IdxArray {
  const refuse = (why: string): never => {
    throw new KernelError('BAD_DATA', `${label}: ${why}`, { file: label })
  }
  const [zero0, zero1, type = 0, rank = 0] = file
  if (file.length < 4 || zero0 !== 0 || zero1 !== 0) return refuse('not an IDX file (it must begin with two zero bytes)')
  const elementBytes = type === UINT8 ? 1 : TYPES[type]?.bytes
  if (elementBytes === undefined) return refuse(`unknown IDX element type 0x${type.toString(16)}`)
  if (rank < 1 || rank > MAX_RANK) return refuse(`IDX rank must be 1 to ${MAX_RANK}, got ${rank}`)
  const dataStart = 4 + 4 * rank
  if (file.length < dataStart) return refuse(`truncated: rank ${rank} needs a header of ${dataStart} bytes, got ${file.length}`)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  const shape = Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
  const count = shape.reduce((product, size) => product * size, 1)
  const expected = dataStart + count * elementBytes
  if (file.length !== expected) {
    return refuse(`shape [${shape.join(', ')}] makes ${expected} bytes, the file has ${file.length}`)
  }
  const bytes = file.subarray(dataStart)
  const known = TYPES[type]
  return {
    shape,
    data: known === undefined ? bytes : known.read(new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), count),
  }
}

/**
 * Images and their labels as a data set. `images`: `[N, ...sample]`; a plain `[N, H, W]` becomes `[1, H, W]` samples,
 * the one channel first. `labels`: `[N]` integers.
 */
export function idxDataset(images: IdxArray, labels: IdxArray, label = 'idx'): Dataset {
  const [count = 0, ...rest] = images.shape
  if (labels.shape.length !== 1 || labels.data instanceof Float32Array) {
    throw new KernelError('BAD_DATA', `${label}: labels must be one list of integers, got shape [${labels.shape.join(', ')}]`)
  }
  if (labels.shape[0] !== count) {
    throw new KernelError('BAD_DATA', `${label}: ${count} images and ${labels.shape[0]} labels`)
  }
  const y = Int32Array.from(labels.data)
  return {
    x: images.data instanceof Int32Array ? Float32Array.from(images.data) : images.data,
    xScale: images.data instanceof Uint8Array ? 1 / 255 : 1,
    sampleShape: rest.length === 2 ? [1, ...rest] : rest.length === 0 ? [1] : rest,
    y,
    targetShape: [],
    length: count,
    classes: classCount(y),
  }
}

/** One more than the largest class id; negative ids (such as an ignored -100) count for nothing. */
export function classCount(labels: Int32Array): number {
  return labels.reduce((most, id) => Math.max(most, id + 1), 0)
}
