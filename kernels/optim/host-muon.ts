/**
 * Muon's update of one matrix on the CPU (`rules.ts`), in float64 and a fixed order: every member of a job gets the same
 * bits. The price is honest matrix products: 15 of them per matrix and step at a few GFLOPS, a second for a million
 * parameters; a member alone leaves them to its GPU.
 */
import type { LayoutEntry } from '../engine/types.ts'
import type { MuonSpec } from '../spec.ts'
import { NEWTON_SCHULZ, type StepScalarsOfOptimizer, shapeFactor } from './rules.ts'

export function applyMuon(
  entry: LayoutEntry,
  spec: MuonSpec,
  scalars: StepScalarsOfOptimizer,
  scale: number,
  p: Float32Array,
  g: Float32Array,
  m: Float32Array,
  pOut: Float32Array,
  mOut: Float32Array,
): void {
  const { offset, size, matrix = [1, size] } = entry
  const { momentum, nesterov, nsSteps } = spec
  const update = new Float64Array(size)
  for (let i = 0; i < size; i++) {
    const at = offset + i
    const gradient = (g[at] as number) * scale
    const average = m[at] as number
    const next = average + (1 - momentum) * (gradient - average)
    mOut[at] = next
    update[i] = nesterov ? gradient + momentum * (next - gradient) : next
  }
  const direction = orthogonalised(update, matrix, nsSteps)
  const rate = scalars.rate * shapeFactor(spec, matrix)
  for (let i = 0; i < size; i++) {
    const at = offset + i
    pOut[at] = (p[at] as number) * scalars.decay - rate * (direction[i] as number)
  }
}

/** `matrix: [rows, columns]` → about UVᵀ of its singular value decomposition. */
export function orthogonalised(matrix: Float64Array, [rows, columns]: readonly [number, number], steps: number): Float64Array {
  const tall = rows > columns
  const [short, long] = tall ? [columns, rows] : [rows, columns]
  let x = tall ? transposed(matrix, rows, columns) : matrix.slice()
  let squares = 0
  for (const value of x) squares += value * value
  const scale = 1 / Math.max(Math.sqrt(squares), NEWTON_SCHULZ.eps)
  for (let i = 0; i < x.length; i++) x[i] = (x[i] as number) * scale
  const { a, b, c } = NEWTON_SCHULZ
  const gram = new Float64Array(short * short)
  const polynomial = new Float64Array(short * short)
  let next: Float64Array = new Float64Array(x.length)
  for (let step = 0; step < steps; step++) {
    timesOwnTranspose(x, short, long, gram)
    // The Gram matrix is symmetric: its square is its product with its own transpose.
    timesOwnTranspose(gram, short, short, polynomial)
    for (let i = 0; i < polynomial.length; i++) polynomial[i] = b * (gram[i] as number) + c * (polynomial[i] as number)
    for (let row = 0; row < short; row++) {
      const start = row * long
      for (let j = 0; j < long; j++) next[start + j] = a * (x[start + j] as number)
      for (let k = 0; k < short; k++) {
        const factor = polynomial[row * short + k] as number
        const from = k * long
        for (let j = 0; j < long; j++) next[start + j] = (next[start + j] as number) + factor * (x[from + j] as number)
      }
    }
    ;[x, next] = [next, x]
  }
  return tall ? transposed(x, short, long) : x
}

/** `x: [rows, columns]` → `out: [rows, rows]` = x·xᵀ, one half computed and mirrored. */
function timesOwnTranspose(x: Float64Array, rows: number, columns: number, out: Float64Array): void {
  for (let row = 0; row < rows; row++) {
    for (let other = row; other < rows; other++) {
      const [left, right] = [row * columns, other * columns]
      let [s0, s1, s2, s3] = [0, 0, 0, 0]
      let k = 0
      for (; k + 3 < columns; k += 4) {
        s0 += (x[left + k] as number) * (x[right + k] as number)
        s1 += (x[left + k + 1] as number) * (x[right + k + 1] as number)
        s2 += (x[left + k + 2] as number) * (x[right + k + 2] as number)
        s3 += (x[left + k + 3] as number) * (x[right + k + 3] as number)
      }
      for (; k < columns; k++) s0 += (x[left + k] as number) * (x[right + k] as number)
      const sum = s0 + s1 + (s2 + s3)
      out[row * rows + other] = sum
      out[other * rows + row] = sum
    }
  }
}

function transposed(x: Float64Array, rows: number, columns: number): Float64Array {
  const out = new Float64Array(x.length)
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) out[column * rows + row] = x[row * columns + column] as number
  return out
}
