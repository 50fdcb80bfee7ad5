/**
 * A plan: which buffers there are, and which kernels run over which ranges of them. Plain decisions without a device;
 * `Executable` turns them into pipelines and bind groups.
 */
import type { DeviceCaps } from '../device/caps.ts'
import type { MemoryCategory } from '../device/ledger.ts'
import { elementCount } from '../graph/graph.ts'
import { type AnyOp, BYTES_OF, type KernelVariant, type NodeTypes, type TensorType } from '../ops/op.ts'

/** One GPU buffer by name: `parameters`, `gradients`, `state.exp_avg`, `slot.3`, `stats`, … */
export interface PlannedBuffer {
  readonly name: string
  readonly bytes: number
  readonly category: MemoryCategory
  readonly use: 'storage' | 'uniform' | 'readback'
}

export interface PlannedBinding {
  readonly buffer: string
  readonly offsetBytes: number
  readonly sizeBytes: number
  readonly access: 'read' | 'read_write'
}

/** What a dispatch computes, for choosing between its variants by measurement. */
export interface PlannedNode {
  readonly op: AnyOp
  readonly types: NodeTypes<unknown>
  readonly shapeClass: string
}

export interface PlannedDispatch {
  readonly label: string
  /** In the order of the variants' operands. */
  readonly bindings: readonly PlannedBinding[]
  variants(caps: DeviceCaps): readonly KernelVariant[]
  /** The part of the model that it belongs to; empty where none was said. */
  readonly origin?: string
  /** Absent for what is no op: the optimizer. */
  readonly node?: PlannedNode
  /** What is no op and can be done in pieces, none of which binds more than `maxBytes`. */
  split?(maxBytes: number): readonly PlannedDispatch[]
  /** Of a piece of a larger dispatch: that dispatch where this is the last of its pieces, null before. */
  readonly completes?: PlannedDispatch | null
}

/** Buffers start and are sized at multiples of this, so that any tensor can be bound at an offset on any device. */
export const BUFFER_ALIGNMENT_BYTES = 256

export function alignBytes(bytes: number): number {
  return Math.ceil(bytes / BUFFER_ALIGNMENT_BYTES) * BUFFER_ALIGNMENT_BYTES
}

/** Bindings are rounded up to a whole vec4f; buffers are padded, so the range stays inside. */
const BINDING_GRANULE_BYTES = 16

export function tensorBytes({ shape, dtype }: TensorType): number {
  return elementCount(shape) * BYTES_OF[dtype]
}

export function bindingBytes(tensor: TensorType): number {
  return Math.ceil(tensorBytes(tensor) / BINDING_GRANULE_BYTES) * BINDING_GRANULE_BYTES
}
