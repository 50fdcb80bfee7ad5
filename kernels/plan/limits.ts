/**
 * What a plan asks of a device, held against the device's limits before anything is allocated: a tensor that no binding
 * can hold, a buffer that cannot be made, a grid that cannot be dispatched. All are refused with the numbers.
 *
 * Kernels count elements in 32 bits. No binding has 2³⁰ f32 or 2³¹ f16 (4 GiB), every product in an index is a place in a binding
 * or at most a workgroup beyond its last, and pieces count from their own first row: what passes here cannot overflow. Counters
 * of random masks are elements of a sample, not of a batch (`attention/types.ts` for those that could be more than 2³²). In
 * JavaScript sizes are never taken through 32-bit operators; only the generator uses them, on words that are meant to wrap.
 */
import type { DeviceCaps } from '../device/caps.ts'
import { KernelError } from '../errors.ts'
import type { KernelVariant } from '../ops/op.ts'
import type { PlannedBuffer, PlannedDispatch } from './types.ts'

export interface PlanNeeds {
  readonly buffers: readonly PlannedBuffer[]
  readonly dispatches: readonly PlannedDispatch[]
}

export type SizeLimits = Pick<DeviceCaps, 'maxBindingBytes' | 'maxBufferBytes'>

/** Null where every buffer and binding fits. */
export function beyondLimits({ buffers, dispatches }: PlanNeeds, { maxBindingBytes, maxBufferBytes }: SizeLimits): KernelError | null {
  const buffer = buffers.find(({ bytes }) => bytes > maxBufferBytes)
  if (buffer !== undefined) {
    return new KernelError(
      'OUT_OF_MEMORY',
      `the plan needs a buffer of ${buffer.bytes} bytes (${buffer.name}), this device's maxBufferSize is ${maxBufferBytes}`,
      {
        buffer: buffer.name,
        neededBytes: buffer.bytes,
        limitBytes: maxBufferBytes,
      },
    )
  }
  for (const { label, origin, bindings } of dispatches) {
    const binding = bindings.find(({ sizeBytes }) => sizeBytes > maxBindingBytes)
    if (binding === undefined) continue
    return new KernelError(
      'OUT_OF_MEMORY',
      `${origin || label} needs a binding of ${binding.sizeBytes} bytes (${binding.buffer}), this device's maxStorageBufferBindingSize is ${maxBindingBytes}`,
      { buffer: binding.buffer, label, neededBytes: binding.sizeBytes, limitBytes: maxBindingBytes },
    )
  }
  return null
}

/** Throws what `beyondLimits` finds, and what `choose` does where no kernel of a dispatch runs on the device. */
export function refuseBeyondLimits(needs: PlanNeeds, limits: SizeLimits, choose: (dispatch: PlannedDispatch) => KernelVariant): void {
  const error = beyondLimits(needs, limits)
  if (error !== null) throw error
  for (const dispatch of needs.dispatches) choose(dispatch)
}
