/**
 * uPlot wants one ascending x for all lines. Members report at steps of their own, so their x are merged into one; a
 * line has `undefined` where it has no point (uPlot draws on) and `null` where its value is no finite number (a gap).
 */

export interface Track {
  /** Ascending. */
  readonly x: Float64Array
  /** Columns over that x. */
  readonly ys: readonly Float64Array[]
}

export type AlignedColumn = Float64Array | (number | null | undefined)[]

export interface Aligned {
  readonly x: Float64Array
  /** For each track its columns, in order. */
  readonly columns: AlignedColumn[]
}

function sameNumbers(a: Float64Array, b: Float64Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  // From the end: columns that differ mostly differ there.
  for (let index = a.length - 1; index >= 0; index--) if (a[index] !== b[index]) return false
  return true
}

function allFinite(column: Float64Array): boolean {
  // A number minus itself is 0 unless it is NaN or infinite; so is the sum of such differences.
  let odd = 0
  for (let index = 0; index < column.length; index++) odd += (column[index] as number) - (column[index] as number)
  return odd === 0
}

const finiteOrNull = (value: number): number | null => (Number.isFinite(value) ? value : null)

/** All x of several ascending arrays, each one once (repeated within one array: as often as there). */
function mergeX(xs: readonly Float64Array[]): Float64Array {
  let merged: Float64Array = xs[0] ?? new Float64Array(0)
  for (const next of xs.slice(1)) {
    const out = new Float64Array(merged.length + next.length)
    let length = 0
    let a = 0
    let b = 0
    while (a < merged.length || b < next.length) {
      const left = a < merged.length ? (merged[a] as number) : Number.POSITIVE_INFINITY
      const right = b < next.length ? (next[b] as number) : Number.POSITIVE_INFINITY
      if (left <= right) a++
      if (right <= left) b++
      out[length++] = Math.min(left, right)
    }
    merged = out.subarray(0, length)
  }
  return merged
}

export function align(tracks: readonly Track[]): Aligned {
  const distinct: Float64Array[] = []
  for (const { x } of tracks) if (!distinct.some((known) => sameNumbers(known, x))) distinct.push(x)
  const x = mergeX(distinct)
  const columns: AlignedColumn[] = []
  for (const track of tracks) {
    const whole = track.x.length === x.length
    for (const y of track.ys) {
      if (whole) columns.push(allFinite(y) ? y : Array.from(y, finiteOrNull))
      else columns.push(spread(track.x, y, x))
    }
  }
  return { x, columns }
}

function spread(own: Float64Array, y: Float64Array, x: Float64Array): AlignedColumn {
  const column = new Array<number | null | undefined>(x.length).fill(undefined)
  let at = 0
  for (let index = 0; index < own.length; index++) {
    const position = own[index] as number
    while (at < x.length && (x[at] as number) < position) at++
    column[at++] = finiteOrNull(y[index] as number)
  }
  return column
}
