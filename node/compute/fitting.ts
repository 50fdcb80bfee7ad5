/**
 * How many rows of a batch a device can work on at a time.
 */
import { KernelError } from '../../kernels/errors.ts'
import { estimateMemory } from '../../kernels/index.ts'
import type { MemoryReport } from '../../kernels/report.ts'
import type { TrainingSpec } from '../../kernels/spec.ts'
import { formatBytes } from '../events/index.ts'

/** The largest batch up to `batch` whose buffers fit: halved until they do; gradients are accumulated then. */
export function fittingBatch(spec: TrainingSpec, batch: number, memory: Pick<MemoryReport, 'limitBytes' | 'usedBytes' | 'freeBytes'>): number {
  const roomBytes = Math.min(memory.limitBytes - memory.usedBytes, memory.freeBytes ?? Number.POSITIVE_INFINITY)
  for (let rows = batch; ; rows = Math.ceil(rows / 2)) {
    const { gpuBytes } = estimateMemory(spec, rows)
    if (gpuBytes <= roomBytes) return rows
    if (rows === 1) {
      throw new KernelError(
        'OUT_OF_MEMORY',
        `the job needs ${gpuBytes} bytes (${formatBytes(gpuBytes)}) of GPU memory even with one sample at a time, ${roomBytes} (${formatBytes(roomBytes)}) are free`,
        {
          neededBytes: gpuBytes,
          freeBytes: roomBytes,
        },
      )
    }
  }
}
