/**
 * How many rows of a batch a device can work on at a time.
 */
import { KernelError } from '../errors.ts'
import { beyondLimits } from '../plan/limits.ts'
import type { MemoryReport } from '../report.ts'
import type { TrainingSpec } from '../spec.ts'
import { compileProgram, fitProgram, needsOf } from './program.ts'

type Room = Pick<MemoryReport, 'limitBytes' | 'usedBytes' | 'freeBytes'> & Partial<Pick<MemoryReport, 'maxBufferSize' | 'maxStorageBufferBindingSize'>>

/**
 * The largest batch up to `batch` whose buffers fit, in all and each within the adapter's limits: halved until they do; gradients
 * are accumulated then.
 */
export function fittingBatch(spec: TrainingSpec, batch: number, memory: Room): number {
  const roomBytes = Math.min(memory.limitBytes - memory.usedBytes, memory.freeBytes ?? Number.POSITIVE_INFINITY)
  for (let rows = batch; ; rows = Math.ceil(rows / 2)) {
    const error = whyNot(spec, rows, roomBytes, memory)
    if (error === null) return rows
    if (rows === 1) throw error
  }
}

function whyNot(spec: TrainingSpec, rows: number, roomBytes: number, { maxBufferSize, maxStorageBufferBindingSize }: Room): KernelError | null {
  // 0: not known.
  const limits = { maxBindingBytes: maxStorageBufferBindingSize || Number.MAX_SAFE_INTEGER, maxBufferBytes: maxBufferSize || Number.MAX_SAFE_INTEGER }
  const needs = needsOf(fitProgram(compileProgram(spec, rows), limits.maxBindingBytes))
  const gpuBytes = needs.buffers.reduce((sum, { bytes }) => sum + bytes, 0)
  if (gpuBytes > roomBytes) {
    return new KernelError(
      'OUT_OF_MEMORY',
      `the job needs ${gpuBytes} bytes (${mebibytes(gpuBytes)}) of GPU memory even with one sample at a time, ${roomBytes} (${mebibytes(roomBytes)}) are free`,
      {
        neededBytes: gpuBytes,
        freeBytes: roomBytes,
      },
    )
  }
  return beyondLimits(needs, limits)
}

function mebibytes(bytes: number): string {
  const value = bytes / 2 ** 20
  return `${value.toFixed(value >= 10 ? 0 : 2)} MiB`
}
