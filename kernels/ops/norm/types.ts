/**
 * Rows of `length` elements are normalised; element l of row r belongs to channel (r mod groups)·(channels/groups) + ⌊l/spatial⌋,
 * which has a scale (and a shift). Layer norm: one group, spatial 1, length = channels. Group norm: rows are (sample, group).
 */
export interface NormAttributes {
  readonly channels: number
  readonly groups: number
  readonly spatial: number
  readonly eps: number
  /** false: RMS norm, which neither subtracts the mean nor shifts. */
  readonly centered: boolean
}

export function rowLengthOf({ channels, groups, spatial }: NormAttributes): number {
  return (channels / groups) * spatial
}

/** Channel of element `l` of row `row`. */
export function channelOf({ channels, groups, spatial }: NormAttributes, row: number, l: number): number {
  return (row % groups) * (channels / groups) + Math.floor(l / spatial)
}

/** The same in WGSL. */
export function channelIndex({ channels, groups, spatial }: NormAttributes, row: string, l: string): string {
  const within = spatial === 1 ? l : `${l} / ${spatial}u`
  return groups === 1 ? within : `(${row} % ${groups}u) * ${channels / groups}u + ${within}`
}
