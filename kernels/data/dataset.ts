/**
 * Data against a model: does it fit, are the labels in range. Checked once, before anything is sent to a GPU, where a
 * label out of range would read or write somewhere else.
 */
import { KernelError } from '../errors.ts'
import { elementCount } from './safetensors.ts'
import type { Dataset, SplitDataset } from './types.ts'

/**
 * The same data with samples shaped as the model takes them: `[28, 28]` images feed `[784]` and `[1, 28, 28]` models
 * alike. Throws when the number of elements differs, and where a model of numbers is given token ids or the other way
 * round. `vocabulary`: ids must be below it; null for models that take numbers.
 */
export function shapedFor(dataset: Dataset, input: readonly number[], label = 'data', vocabulary: number | null = null): Dataset {
  const has = elementCount(dataset.sampleShape)
  const needs = elementCount(input)
  if (has !== needs) {
    throw new KernelError(
      'SHAPE_MISMATCH',
      `${label}: a sample is [${dataset.sampleShape.join(', ')}] (${has} numbers), the model takes [${input.join(', ')}] (${needs})`,
      { sample: dataset.sampleShape, input },
    )
  }
  if (vocabulary !== null) checkIds(dataset, vocabulary, label)
  else if (dataset.x instanceof Int32Array) {
    throw new KernelError('BAD_DATA', `${label}: samples are token ids (i32), the model takes numbers; begin it with an embedding, or store x as f32`, {})
  }
  return { ...dataset, sampleShape: input }
}

function checkIds({ x, length }: Dataset, vocabulary: number, label: string): void {
  if (!(x instanceof Int32Array)) throw new KernelError('BAD_DATA', `${label}: the model takes token ids, the samples are numbers; x must be i32 or i64`, {})
  const bad = x.findIndex((id) => id < 0 || id >= vocabulary)
  if (bad < 0) return
  const sample = Math.floor(bad / (x.length / length))
  throw new KernelError('BAD_DATA', `${label}: sample ${sample} has the token ${x[bad]}, the model knows ${vocabulary} (0 to ${vocabulary - 1})`, {
    sample,
    value: x[bad],
    vocabulary,
  })
}

export interface LabelRange {
  /** Outputs of the model per target: ids must be below. */
  readonly classes: number
  /** An id that the loss skips, such as -100. */
  readonly ignoreIndex?: number
  readonly label?: string
}

/** Throws BAD_DATA naming the first sample whose class id the model cannot answer. */
export function checkLabels(dataset: Dataset, { classes, ignoreIndex, label = 'data' }: LabelRange): void {
  if (!(dataset.y instanceof Int32Array)) {
    throw new KernelError('BAD_DATA', `${label}: the loss needs class ids, the targets are f32 numbers`, {})
  }
  const perSample = dataset.y.length / dataset.length
  const bad = dataset.y.findIndex((id) => (id < 0 || id >= classes) && id !== ignoreIndex)
  if (bad < 0) return
  const sample = Math.floor(bad / perSample)
  throw new KernelError('BAD_DATA', `${label}: sample ${sample} has the label ${dataset.y[bad]}, the model has ${classes} classes (0 to ${classes - 1})`, {
    sample,
    value: dataset.y[bad],
    classes,
  })
}

/** The first `limit` samples, sharing memory. */
export function limited(dataset: Dataset, limit: number | null): Dataset {
  if (limit === null || limit >= dataset.length) return dataset
  if (!Number.isSafeInteger(limit) || limit < 1) {
    throw new KernelError('BAD_DATA', `limit must be a positive integer, got ${limit}`, { limit })
  }
  const cut = <T extends Float32Array | Int32Array | Uint8Array>(all: T): T => all.subarray(0, (all.length / dataset.length) * limit) as T
  return { ...dataset, x: cut(dataset.x), y: cut(dataset.y), length: limit }
}

/** Both halves must describe one task: the same sample and target shapes, the same kind of numbers. */
export function checkSplit({ train, test }: SplitDataset, label = 'data'): void {
  if (test === null) return
  const same = (a: readonly number[], b: readonly number[]): boolean => a.length === b.length && a.every((size, i) => size === b[i])
  if (!same(train.sampleShape, test.sampleShape) || !same(train.targetShape, test.targetShape)) {
    throw new KernelError(
      'SHAPE_MISMATCH',
      `${label}: training samples are [${train.sampleShape.join(', ')}] → [${train.targetShape.join(', ')}], ` +
        `test samples [${test.sampleShape.join(', ')}] → [${test.targetShape.join(', ')}]`,
    )
  }
  if (train.y instanceof Int32Array !== test.y instanceof Int32Array || train.x instanceof Int32Array !== test.x instanceof Int32Array) {
    throw new KernelError('BAD_DATA', `${label}: training and test set hold different kinds of numbers`)
  }
}
