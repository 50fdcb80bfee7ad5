/**
 * Element types of safetensors: their sizes, and how their bytes become numbers. Little-endian throughout, whatever the
 * machine. Values are converted exactly or not at all: a number that the target type cannot hold is an error of the
 * caller's choosing, never a silent wrap.
 */

/** Size of one element in bytes, by safetensors' name of the type. */
export const DTYPE_BYTES = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U64: 8,
  U32: 4,
  U16: 2,
  U8: 1,
  BOOL: 1,
} as const

export type Dtype = keyof typeof DTYPE_BYTES

export function isDtype(name: string): name is Dtype {
  return Object.hasOwn(DTYPE_BYTES, name)
}

/** `half`: the 16 bits of an IEEE 754 binary16. */
export function halfToNumber(half: number): number {
  const sign = half & 0x8000 ? -1 : 1
  const exponent = (half >> 10) & 0x1f
  const fraction = half & 0x3ff
  if (exponent === 0) return sign * fraction * 2 ** -24
  if (exponent === 0x1f) return fraction === 0 ? sign * Infinity : NaN
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15)
}

const bits = new DataView(new ArrayBuffer(4))

/** `half`: the upper 16 bits of a binary32. */
export function bfloatToNumber(half: number): number {
  bits.setUint32(0, (half << 16) >>> 0)
  return bits.getFloat32(0)
}

type Reader = (view: DataView, at: number) => number

/** 64-bit integers beyond 2^53 lose digits here; callers that need them exactly check with `Number.isSafeInteger`. */
const READERS: Readonly<Record<Dtype, Reader>> = {
  F64: (view, at) => view.getFloat64(at, true),
  F32: (view, at) => view.getFloat32(at, true),
  F16: (view, at) => halfToNumber(view.getUint16(at, true)),
  BF16: (view, at) => bfloatToNumber(view.getUint16(at, true)),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  I32: (view, at) => view.getInt32(at, true),
  I16: (view, at) => view.getInt16(at, true),
  I8: (view, at) => view.getInt8(at),
  U64: (view, at) => Number(view.getBigUint64(at, true)),
  U32: (view, at) => view.getUint32(at, true),
  U16: (view, at) => view.getUint16(at, true),
  U8: (view, at) => view.getUint8(at),
  BOOL: (view, at) => (view.getUint8(at) === 0 ? 0 : 1),
}

/** Calls `visit(value, index)` for each element of `bytes`, whose length is a multiple of the element size. */
export function forEachElement(dtype: Dtype, bytes: Uint8Array, visit: (value: number, index: number) => void): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const read = READERS[dtype]
  const size = DTYPE_BYTES[dtype]
  const count = bytes.byteLength / size
  for (let index = 0; index < count; index++) visit(read(view, index * size), index)
}

/** Whether typed arrays on this machine lie in memory as safetensors has them. True on all that run WebGPU today. */
const LITTLE_ENDIAN = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1

/**
 * The elements as f32, into `into` from `offset` on. f32 is copied bit by bit; f64 and integers are rounded to nearest.
 */
export function copyToFloat32(dtype: Dtype, bytes: Uint8Array, into: Float32Array, offset: number): void {
  if (dtype === 'F32' && LITTLE_ENDIAN) {
    new Uint8Array(into.buffer, into.byteOffset + offset * 4, bytes.byteLength).set(bytes)
    return
  }
  forEachElement(dtype, bytes, (value, index) => {
    into[offset + index] = value
  })
}

/** The bytes of typed numbers in little-endian order: a view where the machine is, a copy where it is not. */
export function littleEndianBytes(data: Float32Array | Int32Array | Uint8Array | BigInt64Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
  if (LITTLE_ENDIAN || data.BYTES_PER_ELEMENT === 1) return bytes
  const size = data.BYTES_PER_ELEMENT
  const swapped = new Uint8Array(bytes.length)
  for (let at = 0; at < bytes.length; at++) {
    const start = at - (at % size)
    swapped[at] = bytes[start + size - 1 - (at - start)] ?? 0
  }
  return swapped
}
