/**
 * How many rows of a batch a device can work on at a time.
 */
import { KernelError } from '../errors.ts'
import type { MemoryReport } from '../report.ts'
import type { TrainingSpec } from '../spec.ts'
import { estimateMemory } from './estimate.ts'

/** The largest batch up to `batch` whose buffers fit: halved until they do; gradients are accumulated then. */
export function fittingBatch(spec: TrainingSpec, batch: number, memory: Pick<MemoryReport, 'limitBytes' | 'usedBytes' | 'freeBytes'>): number {
  const roomBytes = Math.min(memory.limitBytes - memory.usedBytes, memory.freeBytes ?? Number.POSITIVE_INFINITY)
  for (let rows = batch; ; rows = Math.ceil(rows / 2)) {
    const { gpuBytes } = estimateMemory(spec, rows)
    if (gpuBytes <= roomBytes) return rows
    if (rows === 1) {
      throw new KernelError(
        'OUT_OF_MEMORY',
        `the job needs ${gpuBytes} bytes (${mebibytes(gpuBytes)}) of GPU memory even with one sample at a time, ${roomBytes} (${mebibytes(roomBytes)}) are free`,
        {
          neededBytes: gpuBytes,
          freeBytes: roomBytes,
        },
      )
    }
  }
}

function mebibytes(bytes: number): string {
  const value = bytes / 2 ** 20
  return `${value.toFixed(value >= 10 ? 0 : 2)} MiB`
}
