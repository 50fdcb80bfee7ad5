/**
 * A data set from a safetensors file with the tensors `x` and `y`, first dimension = samples (DESIGN 8.3).
 *
 * `x`: f32 (or f16, bf16, f64) numbers; u8 images, scaled to 0–1 when gathered; i32 or i64 token ids.
 * `y`: i32 or i64 (or u8) class ids, or f32 targets. Other tensors are ignored. Values that are not finite, or that
 * 32 bits cannot hold, are errors that name the sample.
 */
import { KernelError } from '../errors.ts'
import { copyToFloat32, type Dtype, forEachElement } from './dtypes.ts'
import { classCount } from './idx.ts'
import { elementCount, parseSafetensors, type Tensor } from './safetensors.ts'
import type { Dataset } from './types.ts'

const FLOATS: readonly Dtype[] = ['F32', 'F16', 'BF16', 'F64']
const INTEGERS: readonly Dtype[] = ['I32', 'I64', 'I16', 'I8', 'U8', 'U16', 'U32', 'U64']

export function tensorDataset(file: Uint8Array, label = 'safetensors'): Dataset {
  const tensors = parseSafetensors(file, { as: 'BAD_DATA', label })
  const need = (name: string): Tensor => {
    const tensor = tensors.get(name)
    if (tensor !== undefined) return tensor
    const there = [...tensors.keys()].slice(0, 10).map((key) => `"${key}"`)
    throw new KernelError('BAD_DATA', `${label}: there is no tensor "${name}" (the file has ${there.join(', ') || 'none'})`, { tensor: name })
  }
  const xTensor = need('x')
  const yTensor = need('y')
  const [length = 0, ...sampleShape] = xTensor.shape
  const [targets, ...targetShape] = yTensor.shape
  if (xTensor.shape.length === 0 || yTensor.shape.length === 0) {
    throw new KernelError('BAD_DATA', `${label}: x and y need a first dimension of samples`)
  }
  if (targets !== length) throw new KernelError('BAD_DATA', `${label}: x has ${length} samples, y has ${targets}`)
  if (length === 0) throw new KernelError('BAD_DATA', `${label}: there are no samples`)

  const x = xTensor.dtype === 'U8' ? xTensor.bytes : numbers(xTensor, label)
  const y = numbers(yTensor, label)
  return {
    x,
    xScale: x instanceof Uint8Array ? 1 / 255 : 1,
    sampleShape: sampleShape.length === 0 ? [1] : sampleShape,
    y,
    targetShape,
    length,
    classes: y instanceof Int32Array ? classCount(y) : null,
  }
}

function numbers(tensor: Tensor, label: string): Float32Array | Int32Array {
  const perSample = Math.max(1, elementCount(tensor.shape.slice(1)))
  const wrong = (index: number, value: number, why: string): never => {
    const sample = Math.floor(index / perSample)
    throw new KernelError('BAD_DATA', `${label}: tensor "${tensor.name}", sample ${sample}: ${value} ${why}`, {
      tensor: tensor.name,
      sample,
    })
  }
  const count = elementCount(tensor.shape)
  if (FLOATS.includes(tensor.dtype)) {
    const values = new Float32Array(count)
    copyToFloat32(tensor.dtype, tensor.bytes, values, 0)
    const bad = values.findIndex((value) => !Number.isFinite(value))
    if (bad >= 0) wrong(bad, values[bad] ?? NaN, 'is not a finite f32')
    return values
  }
  if (!INTEGERS.includes(tensor.dtype)) {
    throw new KernelError('BAD_DATA', `${label}: tensor "${tensor.name}" has dtype ${tensor.dtype}, which is neither floats nor integers`)
  }
  const values = new Int32Array(count)
  forEachElement(tensor.dtype, tensor.bytes, (value, index) => {
    if (value !== (value | 0)) wrong(index, value, 'does not fit 32 bits')
    values[index] = value
  })
  return values
}
