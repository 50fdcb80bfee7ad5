export interface BatchNormAttributes {
  readonly eps: number
  /** Of a piece of a larger node: what it does, with which samples. */
  readonly part?: BatchNormPart
}

/** The stages of a batch that no binding holds: each walks over all samples, range by range, before the next begins. */
export interface BatchNormPart {
  readonly stage: 'mean' | 'square' | 'apply'
  /** Of all `samples`, which comes first here. */
  readonly first: number
  readonly samples: number
  /** The last range: sums are complete. */
  readonly finishes: boolean
}

/** WGSL: how many of the `samples` from `first` on are part of the batch. */
export function samplesPresent(first: number, samples: number): string {
  return first === 0 ? `min(step.count, ${samples}u)` : `min(max(step.count, ${first}u) - ${first}u, ${samples}u)`
}
