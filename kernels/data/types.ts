/**
 * A data set in memory: what loaders make and engines eat. And a data set as bytes somewhere: the parts that a loader
 * is given.
 */
export interface Dataset {
  readonly x: Float32Array | Int32Array | Uint8Array
  /** `uint8` images are scaled to 0–1 when a batch is gathered, so that 60,000 images stay 47 MB. */
  readonly xScale: number
  /** Shape of one sample: `[784]`, `[1, 28, 28]`, `[64]` tokens. */
  readonly sampleShape: readonly number[]
  readonly y: Int32Array | Float32Array
  /** Shape of one target: `[]` for a class id, `[64]` for shifted tokens, `[k]` for regression. */
  readonly targetShape: readonly number[]
  /** Number of samples. */
  readonly length: number
  /** Class count when targets are class ids, else null. */
  readonly classes: number | null
}

export interface SplitDataset {
  readonly train: Dataset
  readonly test: Dataset | null
}

/**
 * `train` and `test` hold samples and targets in one file each (safetensors with tensors `x` and `y`); `table` is a
 * CSV, all of it training data; `text` is a corpus whose last 10 % is held out.
 */
export type DataRole = 'train' | 'test' | 'train-x' | 'train-y' | 'test-x' | 'test-y' | 'table' | 'text'
export type DataFormat = 'idx' | 'csv' | 'safetensors' | 'text'

/**
 * One file of a data set. Known by its hash, so that peers can fetch it from one another; where the bytes lie is each
 * peer's own matter. Plain data: crosses processes and the wire.
 */
export interface DataPart {
  readonly role: DataRole
  readonly format: DataFormat
  /** The file is gzip-compressed; hash and size are those of the compressed file. */
  readonly gzip: boolean
  /** Hex. */
  readonly sha256: string
  readonly bytes: number
  /** Where a reader finds it: a path, a URL, a cache key. Opaque to the loaders. */
  readonly location?: string
}

/** How parts become samples; which fields apply depends on the format. */
export interface LoadOptions {
  /** At most so many training samples, the first ones; null = all. */
  readonly limit: number | null
  /** The same for the test set. */
  readonly testLimit: number | null
  /** `csv`: the label's column by name; null or absent = the last column. */
  readonly label?: string | null
  /** `csv`: labels are numbers to predict, not classes (the loss says which: mse, l1, huber, bce-with-logits). */
  readonly regression?: boolean
  /** `text`: tokens in a window; needed there. */
  readonly nPositions?: number
}
