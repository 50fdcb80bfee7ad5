/**
 * Sizes of jobs, reckoned on the page. A file of its own, loaded on demand: it brings the graph compiler along.
 */
import { estimateMemory, layoutOf } from '../../kernels/engine/estimate.ts'
import { fittingBatch } from '../../kernels/engine/fitting.ts'
import type { MemoryReport } from '../../kernels/report.ts'
import { type JobSpec, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { type Held, memoryForJob } from '../../protocol/training/compute-provider.ts'

export function leastBytes(spec: JobSpec): number {
  return estimateMemory(trainingSpecOf(spec, spec.totalSteps), 1).gpuBytes
}

export function fittingRows(spec: JobSpec, rows: number, memory: MemoryReport, held: Held): { rows: number; bytes: number } {
  const training = trainingSpecOf(spec, spec.totalSteps)
  // A tab works on one job at a time.
  const fitting = fittingBatch(training, rows, memoryForJob(memory, 1, held, leastBytes(spec)))
  return { rows: fitting, bytes: estimateMemory(training, fitting).gpuBytes }
}

/** Elements of the flat parameter vector. */
export function vectorLength(spec: JobSpec): number {
  return layoutOf(spec).length
}
