/**
 * Weights between memory and file: the flat parameter vector of an engine (`ParameterLayout`) on one side, safetensors
 * with PyTorch's names and shapes on the other.
 *
 * A file must hold exactly the tensors of the model: a missing, extra or misshaped tensor, and a value that is not
 * finite, is a BAD_WEIGHTS error that names it. Half precision and f64 are converted to f32.
 */
import type { ParameterLayout } from '../engine/types.ts'
import { KernelError } from '../errors.ts'
import { copyToFloat32, forEachElement } from './dtypes.ts'
import { elementCount, parseSafetensors, type Tensor, tensorOf, writeSafetensors } from './safetensors.ts'

const FLOAT_TYPES: readonly string[] = ['F32', 'F16', 'BF16', 'F64']

/** The entries of a flat vector as tensors named `prefix + entry name`; they share the vector's memory. */
export function tensorsOfFlat(flat: Float32Array, layout: ParameterLayout, prefix = ''): Tensor[] {
  if (flat.length !== layout.length) {
    throw new KernelError('SHAPE_MISMATCH', `flat vector: the layout has ${layout.length} elements, got ${flat.length}`)
  }
  return layout.entries.map(({ name, shape, offset, size, buffer }) => {
    const values = flat.subarray(offset, offset + size)
    // PyTorch keeps counts as 64-bit integers.
    return tensorOf(prefix + name, shape, buffer?.kind === 'count' ? BigInt64Array.from(values, (value) => BigInt(Math.round(value))) : values)
  })
}

export interface FlatOptions {
  /** Put before every entry's name when looking it up. */
  readonly prefix?: string
  /** How errors call the file. */
  readonly label?: string
}

/** A flat vector from tensors by name; padding is zero. Tensors that the layout does not name are left alone. */
export function flatOfTensors(tensors: ReadonlyMap<string, Tensor>, layout: ParameterLayout, options: FlatOptions = {}): Float32Array<ArrayBuffer> {
  const { prefix = '', label = 'weights' } = options
  const flat = new Float32Array(layout.length)
  for (const { name, shape, offset, size, buffer } of layout.entries) {
    const full = prefix + name
    const refuse = (why: string): never => {
      throw new KernelError('BAD_WEIGHTS', `${label}: tensor "${full}" ${why}`, { tensor: full })
    }
    const tensor = tensors.get(full)
    if (tensor === undefined) return refuse(`is missing (the model needs it with shape [${shape.join(', ')}])`)
    if (tensor.shape.length !== shape.length || tensor.shape.some((extent, i) => extent !== shape[i])) {
      refuse(`has shape [${tensor.shape.join(', ')}], the model needs [${shape.join(', ')}]`)
    }
    if (buffer?.kind === 'count' && tensor.dtype === 'I64') {
      forEachElement(tensor.dtype, tensor.bytes, (value, i) => {
        flat[offset + i] = value
      })
      continue
    }
    if (!FLOAT_TYPES.includes(tensor.dtype) || elementCount(shape) !== size) refuse(`has dtype ${tensor.dtype}, the model needs floats`)
    copyToFloat32(tensor.dtype, tensor.bytes, flat, offset)
    const values = flat.subarray(offset, offset + size)
    const bad = values.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) refuse(`has the value ${values[bad]} at element ${bad}`)
  }
  return flat
}

/** The canonical weights file of a flat vector, with further tensors (buffers) beside the parameters. */
export function writeWeights(flat: Float32Array, layout: ParameterLayout, buffers: Iterable<Tensor> = []): Uint8Array<ArrayBuffer> {
  return writeSafetensors([...tensorsOfFlat(flat, layout), ...buffers])
}

export interface ReadWeightsOptions {
  readonly label?: string
}

/** The flat vector of a weights file. */
export function readWeights(file: Uint8Array, layout: ParameterLayout, options: ReadWeightsOptions = {}): Float32Array<ArrayBuffer> {
  const { label = 'weights' } = options
  const tensors = parseSafetensors(file, { label })
  const flat = flatOfTensors(tensors, layout, { label })
  const known = new Set([...layout.entries.map(({ name }) => name), ...(layout.ignored ?? [])])
  for (const { name, shape } of tensors.values()) {
    if (!known.has(name)) {
      throw new KernelError('BAD_WEIGHTS', `${label}: tensor "${name}" [${shape.join(', ')}] is not part of the model`, { tensor: name })
    }
  }
  return flat
}
