/**
 * What a person can give a model to try it: an image to draw, a row of numbers, or nothing that this page knows. Decided
 * by the job's spec alone. Refuses (with the reason in words) what cannot be typed or drawn.
 */
import type { ModelSpec } from '../../kernels/spec.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'

/** What deciding needs of a job. */
export interface TriedJob {
  readonly model: ModelSpec
  readonly lossType: JobSpec['loss']['type']
  /** The data set's name; null for uploaded files. */
  readonly dataset: string | null
  readonly table: boolean
}

export interface ImageKind {
  readonly kind: 'image'
  readonly width: number
  readonly height: number
  readonly channels: number
}

export interface TableKind {
  readonly kind: 'table'
  readonly features: number
}

export interface UnknownKind {
  readonly kind: 'unknown'
  readonly why: string
}

export type TryKind = ImageKind | TableKind | UnknownKind

/** Below 7 by 7 nothing can be drawn that a person recognises. */
const LEAST_SIDE = 7
/** So many fields still fit a page. */
const MOST_FIELDS = 256

export function triedJob(spec: JobSpec): TriedJob {
  return { model: spec.model, lossType: spec.loss.type, dataset: spec.data.dataset, table: spec.data.parts.some((part) => part.role === 'table') }
}

/** `[784]` → 28×28, `[64]` → 8×8, `[1, 28, 28]`, `[28, 28]`; other vectors are rows of a table. */
export function tryKind(job: TriedJob): TryKind {
  const { model } = job
  if (model.kind !== 'sequential' || model.layers[0]?.type === 'embedding')
    return { kind: 'unknown', why: 'This model takes text as tokens, which cannot be typed here yet.' }
  const { input } = model
  const features = input.reduce((product, size) => product * size, 1)
  if (!job.table) {
    const image = imageOf(input, job.dataset)
    if (image !== null) return image
  }
  if (input.length > 1) return { kind: 'unknown', why: `This model takes samples of shape [${input.join(', ')}], which cannot be drawn or typed here.` }
  if (features > MOST_FIELDS)
    return { kind: 'unknown', why: `This model takes ${features} numbers at once, too many to type. Open a data file to try its samples.` }
  return { kind: 'table', features }
}

function imageOf(input: readonly number[], dataset: string | null): ImageKind | null {
  const [a = 0, b = 0, c = 0] = input
  if (input.length === 1) {
    const side = Math.round(Math.sqrt(a))
    // A square number of columns may be chance: a small one is an image only where the data set says so.
    const known = dataset === 'digits' || dataset === 'fashion-mnist' || a === 784 || a === 64
    return side * side === a && side >= LEAST_SIDE && (known || side >= 16) ? { kind: 'image', width: side, height: side, channels: 1 } : null
  }
  if (input.length === 2) return a >= LEAST_SIDE && b >= LEAST_SIDE ? { kind: 'image', width: b, height: a, channels: 1 } : null
  if (input.length === 3 && (a === 1 || a === 3)) return b >= LEAST_SIDE && c >= LEAST_SIDE ? { kind: 'image', width: c, height: b, channels: a } : null
  return null
}

/** Said where no model can be tried yet. */
export const TRIABLE =
  'This version tries classifiers of images (draw, or pick a test image) and models of tables (type the numbers). It has no text models yet.'
