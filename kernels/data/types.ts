/**
 * A data set in memory: what loaders make and engines eat.
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
