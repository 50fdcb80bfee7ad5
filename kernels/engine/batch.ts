/** Checks of a batch before it reaches the GPU, where a bad label would be a silent clamp. */
import { KernelError } from '../errors.ts'
import { elementCount, showShape } from '../graph/graph.ts'
import type { LossSpec } from '../spec.ts'
import type { TrainingProgram } from './program.ts'
import type { Batch } from './types.ts'

/** The batch's arrays cut to `count` rows. Throws BAD_DATA, naming the sample. */
export function checkBatch(program: TrainingProgram, loss: LossSpec, batch: Batch): { x: Float32Array | Int32Array; y: Int32Array | Float32Array } {
  const { count } = batch
  if (!Number.isSafeInteger(count) || count < 0 || count > program.batch) {
    throw new KernelError('BAD_DATA', `batch: count must be from 0 to ${program.batch}, got ${count}`, { count, batch: program.batch })
  }
  if (!Number.isSafeInteger(batch.step) || batch.step < 1)
    throw new KernelError('BAD_DATA', `batch: step counts from 1, got ${batch.step}`, { step: batch.step })
  const { model, target } = program
  const x = rows(batch.x, 'x', count, model.input)
  const y = rows(batch.y, 'y', count, target.shape)
  if (x instanceof Int32Array !== (model.inputType === 'i32')) {
    const takes = model.inputType === 'i32' ? 'i32 token ids' : 'f32 inputs'
    throw new KernelError('BAD_DATA', `batch: this model takes ${takes}, got ${x instanceof Int32Array ? 'i32' : 'f32'}`, {})
  }
  if (model.vocabulary !== null) checkIds(x, model.vocabulary, batch, elementCount(model.input))
  if ((target.dtype === 'i32') !== y instanceof Int32Array) {
    throw new KernelError('BAD_DATA', `batch: this loss takes ${target.dtype} targets, got ${y instanceof Int32Array ? 'i32' : 'f32'}`, {})
  }
  if (target.classes !== null && loss.type === 'cross-entropy') checkLabels(y, target.classes, loss.ignoreIndex, batch, elementCount(target.shape))
  return { x, y }
}

function rows(array: Float32Array | Int32Array, name: string, count: number, shape: readonly number[]): Float32Array | Int32Array {
  const needed = count * elementCount(shape)
  if (array.length < needed) {
    throw new KernelError('BAD_DATA', `batch: ${name} must hold ${count} samples of ${showShape(shape)} (${needed} values), got ${array.length}`, {
      needed,
      actual: array.length,
    })
  }
  return array.subarray(0, needed)
}

function checkIds(ids: ArrayLike<number>, vocabulary: number, batch: Batch, perSample: number): void {
  for (let i = 0; i < ids.length; i++) {
    const id = ids[i] as number
    if (id >= 0 && id < vocabulary) continue
    const sample = batch.sampleOffset + Math.floor(i / perSample)
    throw new KernelError('BAD_DATA', `batch of step ${batch.step}: token ${id} of sample ${sample} is not in 0 to ${vocabulary - 1}`, {
      id,
      sample,
      step: batch.step,
      vocabulary,
    })
  }
}

function checkLabels(labels: ArrayLike<number>, classes: number, ignoreIndex: number, batch: Batch, perSample: number): void {
  for (let i = 0; i < labels.length; i++) {
    const label = labels[i] as number
    if ((label >= 0 && label < classes) || label === ignoreIndex) continue
    const sample = batch.sampleOffset + Math.floor(i / perSample)
    throw new KernelError('BAD_DATA', `batch of step ${batch.step}: label ${label} of sample ${sample} is not in 0 to ${classes - 1}`, {
      label,
      sample,
      step: batch.step,
      classes,
    })
  }
}
