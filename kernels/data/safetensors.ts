/**
 * safetensors: 8 bytes of header length (little-endian), a JSON header, raw tensor bytes without gaps.
 * https://github.com/huggingface/safetensors (format description in its README)
 *
 * Reading trusts nothing: files come from strangers. Refused are truncated files, headers that are not strict JSON,
 * duplicate names, unknown types, shapes that do not fit their bytes, overlaps, holes and trailing bytes; the error
 * names the tensor. Nothing is allocated by what a header claims: tensor data are views of the file's bytes.
 *
 * Writing is canonical, so that equal tensors give equal files and equal hashes: names sorted, compact header padded
 * with spaces to 8 bytes, no metadata. Data lie in the same order, except that wider element types come first, as the
 * Python library has it: it hands out views, and a 64-bit view must start at a multiple of 8.
 */
import { KernelError } from '../errors.ts'
import { DTYPE_BYTES, type Dtype, isDtype, littleEndianBytes } from './dtypes.ts'
import { duplicateKey } from './json-keys.ts'

/** The reference implementation's limit is 100 MB; a tensor's entry takes about 100 bytes, so this is for 160,000. */
export const MAX_HEADER_BYTES = 16 * 1024 * 1024
/** More dimensions than any framework makes; bounds the work that one entry can cause. */
const MAX_RANK = 16

export interface Tensor {
  readonly name: string
  readonly dtype: Dtype
  readonly shape: readonly number[]
  /** Little-endian elements; a view of the file when read. */
  readonly bytes: Uint8Array
}

export interface ParseOptions {
  /** What the file is for: decides the error's code. */
  readonly as?: 'BAD_WEIGHTS' | 'BAD_DATA'
  /** How errors call the file. */
  readonly label?: string
}

/** Byte order of UTF-8, which for strings of JavaScript is the order of code points. */
export function compareNames(a: string, b: string): number {
  const left = [...a]
  const right = [...b]
  for (let i = 0; i < Math.min(left.length, right.length); i++) {
    const difference = (left[i]?.codePointAt(0) ?? 0) - (right[i]?.codePointAt(0) ?? 0)
    if (difference !== 0) return difference
  }
  return left.length - right.length
}

export function elementCount(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1)
}

const shapeText = (shape: readonly number[]): string => `[${shape.join(', ')}]`

/** Reads a file into tensors, by name. Data are views of `file`: it must not change afterwards. */
export function parseSafetensors(file: Uint8Array, options: ParseOptions = {}): Map<string, Tensor> {
  const code = options.as ?? 'BAD_WEIGHTS'
  const label = options.label ?? 'safetensors'
  const refuse = (why: string, detail: Record<string, unknown> = {}): never => {
    throw new KernelError(code, `${label}: ${why}`, detail)
  }

  const header = readHeader(file, refuse)
  const dataStart = 8 + header.length
  const dataBytes = file.length - dataStart
  const entries: { tensor: Tensor; begin: number; end: number }[] = []
  for (const [name, info] of Object.entries(header.json)) {
    if (name === '__metadata__') {
      if (!isRecord(info) || Object.values(info).some((value) => typeof value !== 'string')) {
        refuse('__metadata__ must map names to strings')
      }
      continue
    }
    const { dtype, shape, begin, end } = checkEntry(name, info, dataBytes, refuse)
    entries.push({
      tensor: { name, dtype, shape, bytes: file.subarray(dataStart + begin, dataStart + end) },
      begin,
      end,
    })
  }

  entries.sort((a, b) => a.begin - b.begin || a.end - b.end)
  let reached = 0
  for (const { tensor, begin, end } of entries) {
    if (begin !== reached) {
      const what = begin < reached ? 'overlaps the one before it' : `leaves ${begin - reached} bytes before it unused`
      refuse(`tensor "${tensor.name}" ${what} (begins at ${begin}, expected ${reached})`, { tensor: tensor.name })
    }
    reached = end
  }
  if (reached !== dataBytes) refuse(`${dataBytes - reached} bytes after the last tensor belong to none`)
  return new Map(entries.map(({ tensor }) => [tensor.name, tensor]))
}

type Refuse = (why: string, detail?: Record<string, unknown>) => never

function readHeader(file: Uint8Array, refuse: Refuse): { json: Record<string, unknown>; length: number } {
  if (file.length < 8) refuse(`the file has ${file.length} bytes, a header alone needs 8`)
  const claimed = new DataView(file.buffer, file.byteOffset, 8).getBigUint64(0, true)
  if (claimed > BigInt(MAX_HEADER_BYTES)) refuse(`the header claims ${claimed} bytes, the limit is ${MAX_HEADER_BYTES}`)
  const length = Number(claimed)
  if (length > file.length - 8) refuse(`truncated: the header claims ${length} bytes, the file has ${file.length - 8} after its length`)
  let json: unknown
  let text = ''
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(file.subarray(8, 8 + length))
    json = JSON.parse(text)
  } catch (error) {
    refuse(`the header is not JSON in UTF-8 (${error instanceof Error ? error.message : String(error)})`)
  }
  if (!isRecord(json)) return refuse('the header is not a JSON object')
  const twice = duplicateKey(text)
  if (twice !== null) refuse(`the header has the key "${twice}" twice`, { tensor: twice })
  return { json, length }
}

function checkEntry(name: string, info: unknown, dataBytes: number, refuse: Refuse): { dtype: Dtype; shape: number[]; begin: number; end: number } {
  const wrong = (why: string): never => refuse(`tensor "${name}": ${why}`, { tensor: name })
  if (!isRecord(info)) return wrong('its header entry is not an object')
  const { dtype, shape, data_offsets: offsets } = info
  if (typeof dtype !== 'string' || !isDtype(dtype)) {
    return wrong(`unknown dtype ${short(dtype)} (known: ${Object.keys(DTYPE_BYTES).join(', ')})`)
  }
  if (!Array.isArray(shape) || shape.length > MAX_RANK || !shape.every(isSize)) {
    return wrong(`shape must be at most ${MAX_RANK} non-negative integers, got ${short(shape)}`)
  }
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize)) {
    return wrong(`data_offsets must be two non-negative integers, got ${short(offsets)}`)
  }
  const [begin, end] = offsets as [number, number]
  if (begin > end || end > dataBytes) {
    return wrong(`data_offsets [${begin}, ${end}] are outside the file's ${dataBytes} data bytes`)
  }
  const bytes = elementCount(shape) * DTYPE_BYTES[dtype]
  if (!Number.isSafeInteger(bytes) || bytes !== end - begin) {
    return wrong(`shape ${shapeText(shape)} of ${dtype} needs ${bytes} bytes, data_offsets span ${end - begin}`)
  }
  return { dtype, shape, begin, end }
}

/** For an error message; `undefined` is not JSON. */
const short = (value: unknown): string => String(JSON.stringify(value)).slice(0, 100)

const isSize = (value: unknown): value is number => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A tensor from numbers in memory; shares their memory on little-endian machines. */
export function tensorOf(name: string, shape: readonly number[], data: Float32Array | Int32Array | Uint8Array | BigInt64Array): Tensor {
  const dtype: Dtype = data instanceof Float32Array ? 'F32' : data instanceof Int32Array ? 'I32' : data instanceof Uint8Array ? 'U8' : 'I64'
  if (elementCount(shape) !== data.length) {
    throw new KernelError('SHAPE_MISMATCH', `tensor "${name}": shape ${shapeText(shape)} holds ${elementCount(shape)} elements, got ${data.length}`)
  }
  return { name, dtype, shape, bytes: littleEndianBytes(data) }
}

/** The canonical file of these tensors. Throws on a name given twice. */
export function writeSafetensors(tensors: Iterable<Tensor>): Uint8Array<ArrayBuffer> {
  const byName = [...tensors].sort((a, b) => compareNames(a.name, b.name))
  const byPlace = byName.toSorted((a, b) => DTYPE_BYTES[b.dtype] - DTYPE_BYTES[a.dtype])
  const begins = new Map<Tensor, number>()
  let dataBytes = 0
  for (const tensor of byPlace) {
    if (tensor.bytes.length !== elementCount(tensor.shape) * DTYPE_BYTES[tensor.dtype]) {
      throw new KernelError('SHAPE_MISMATCH', `tensor "${tensor.name}": ${tensor.bytes.length} bytes do not fit ${tensor.dtype} ${shapeText(tensor.shape)}`)
    }
    begins.set(tensor, dataBytes)
    dataBytes += tensor.bytes.length
  }
  // Written by hand, entry by entry: an object would put integer-like names first and drop `__proto__`.
  const parts = byName.map((tensor, index) => {
    if (tensor.name === '__metadata__' || tensor.name === byName[index - 1]?.name) {
      throw new KernelError('BAD_WEIGHTS', `tensor name "${tensor.name}" is ${tensor.name === '__metadata__' ? 'reserved' : 'given twice'}`)
    }
    const begin = begins.get(tensor) ?? 0
    const info = { dtype: tensor.dtype, shape: tensor.shape, data_offsets: [begin, begin + tensor.bytes.length] }
    return `${JSON.stringify(tensor.name)}:${JSON.stringify(info)}`
  })
  const header = new TextEncoder().encode(`{${parts.join(',')}}`)
  const headerBytes = Math.ceil(header.length / 8) * 8
  const file = new Uint8Array(8 + headerBytes + dataBytes)
  new DataView(file.buffer).setBigUint64(0, BigInt(headerBytes), true)
  file.set(header, 8)
  file.fill(0x20, 8 + header.length, 8 + headerBytes)
  for (const tensor of byPlace) file.set(tensor.bytes, 8 + headerBytes + (begins.get(tensor) ?? 0))
  return file
}
