/**
 * Where the time of a step goes: every dispatch in a pass of its own, between two timestamps that the device writes.
 * Passes of their own keep dispatches from overlapping, so the sum is more than the step takes; shares are what it is for.
 */
import type { KernelDevice } from '../device/device.ts'
import { BUFFER_USAGE, MAP_MODE_READ } from '../device/usage.ts'
import { KernelError } from '../errors.ts'
import type { BoundProgram } from '../plan/executable.ts'

export interface DispatchTime {
  /** `matmul.12: strip-4x4`: op, place in the plan, variant. */
  readonly label: string
  readonly nanoseconds: number
}

/** By the WebGPU specification. */
const MAX_QUERIES = 4096

export async function timeDispatches(device: KernelDevice, encoder: GPUCommandEncoder, programs: readonly BoundProgram[]): Promise<DispatchTime[]> {
  if (!device.raw.features.has('timestamp-query')) throw new KernelError('UNSUPPORTED', 'profile: this adapter has no timestamp-query', {})
  const labels = programs.flatMap(({ chosen }) => chosen)
  const kernels = programs.flatMap(({ kernels }) => kernels)
  const count = kernels.length * 2
  if (count > MAX_QUERIES) throw new KernelError('UNSUPPORTED', `profile: ${kernels.length} dispatches are more than ${MAX_QUERIES / 2}`, {})
  const bytes = count * 8
  const [resolved, readback] = await device.allocate([
    { label: 'profile', bytes, category: 'staging', usage: BUFFER_USAGE.QUERY_RESOLVE | BUFFER_USAGE.COPY_SRC },
    { label: 'profile.readback', bytes, category: 'staging', usage: BUFFER_USAGE.MAP_READ | BUFFER_USAGE.COPY_DST },
  ])
  if (resolved === undefined || readback === undefined) throw new RangeError('two buffers were asked for')
  const querySet = device.raw.createQuerySet({ type: 'timestamp', count })
  try {
    kernels.forEach((kernel, i) => {
      const pass = encoder.beginComputePass({ timestampWrites: { querySet, beginningOfPassWriteIndex: 2 * i, endOfPassWriteIndex: 2 * i + 1 } })
      pass.setPipeline(kernel.pipeline)
      pass.setBindGroup(0, kernel.group)
      pass.dispatchWorkgroups(...kernel.workgroups)
      pass.end()
    })
    encoder.resolveQuerySet(querySet, 0, count, resolved.raw, 0)
    encoder.copyBufferToBuffer(resolved.raw, 0, readback.raw, 0, bytes)
    device.raw.queue.submit([encoder.finish()])
    await device.guard(readback.raw.mapAsync(MAP_MODE_READ))
    const times = new BigUint64Array(readback.raw.getMappedRange().slice(0))
    readback.raw.unmap()
    return labels.map((label, i) => ({ label, nanoseconds: Number((times[2 * i + 1] ?? 0n) - (times[2 * i] ?? 0n)) }))
  } finally {
    querySet.destroy()
    device.release(resolved)
    device.release(readback)
  }
}
