import type { Activation } from '../activation.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { DType, OperandDeclaration } from '../op.ts'

export interface ConvAttributes {
  /** Height, then width; as everywhere here. */
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
  readonly groups: number
}

/** `activation` only once gradients have been taken. */
export interface Conv2dAttributes extends ConvAttributes {
  readonly activation?: Activation
}

/** All sizes of one convolution. */
export interface ConvSizes extends ConvAttributes {
  readonly batch: number
  readonly inChannels: number
  readonly outChannels: number
  readonly inSize: readonly [number, number]
  readonly outSize: readonly [number, number]
  readonly kernel: readonly [number, number]
  /** Channels of one group. */
  readonly groupIn: number
  readonly groupOut: number
}

/** Places of a window of `kernel` along a side of `size`: PyTorch's floor. */
export function windowsAlong(size: number, kernel: number, stride: number, padding: number): number {
  return Math.floor((size + 2 * padding - kernel) / stride) + 1
}

/** `x: [B, C, H, W]`, `weight: [O, C/groups, kh, kw]`; the caller has checked that they fit. */
export function convSizes(x: readonly number[], weight: readonly number[], attributes: ConvAttributes): ConvSizes {
  const [batch = 0, inChannels = 0, height = 0, width = 0] = x
  const [outChannels = 0, groupIn = 0, kernelHeight = 0, kernelWidth = 0] = weight
  const { stride, padding, groups } = attributes
  return {
    stride,
    padding,
    groups,
    batch,
    inChannels,
    outChannels,
    inSize: [height, width],
    outSize: [windowsAlong(height, kernelHeight, stride[0], padding[0]), windowsAlong(width, kernelWidth, stride[1], padding[1])],
    kernel: [kernelHeight, kernelWidth],
    groupIn,
    groupOut: outChannels / groups,
  }
}

/** What a convolution's tensors lie in memory as; products are summed in f32. */
export interface ConvStorage {
  /** Of both operands. */
  readonly operands: DType
  readonly result: DType
}

/** WGSL of an element of an operand, as f32. */
export function convLoad({ operands }: ConvStorage, name: string, place: string): string {
  return loaded(operands, 1, `${name}[${place}]`)
}

/** `names`: both operands, a bias, which is f32, where there is one, the result. */
export function convOperands({ operands, result }: ConvStorage, names: readonly string[]): OperandDeclaration[] {
  return names.map((name, i) => ({ name, element: storedAs(i < 2 ? operands : i === names.length - 1 ? result : 'f32', 1) }))
}
