/**
 * A product whose matrices are larger than a binding, as products of panels. Rows of C are cut together with those of A (NN,
 * NT). What can be cut along its own rows alone makes another operand be used in part: of A only some columns (NN along k, TN
 * along m), of C only some (NT along n). Along k the panels' sums go on in C, in ascending order as they do in one piece, and
 * the last panel adds bias and residual and applies the activation.
 */
import { at } from '../check.ts'
import { BYTES_OF, type NodeTypes, type Piece, type PieceOperand, type TensorType } from '../op.ts'
import { type RowRange, rowRanges, rowsOf, whole } from '../split.ts'
import type { MatmulAttributes, MatmulForm, MatmulPanel, MatmulSizes } from './types.ts'

/** Kernels read four elements at a time where panels begin at a multiple of four. */
const PANEL_MULTIPLE = 4

export function splitMatmul(node: NodeTypes<MatmulAttributes>, { m, n, k }: MatmulSizes, maxBytes: number): Piece<MatmulAttributes>[] | null {
  const { form, residual = false } = node.attributes
  const hasBias = node.inputs.length > (residual ? 3 : 2)
  const [a, b, c] = [at(node.inputs, 0), at(node.inputs, 1), at(node.outputs, 0)].map(({ dtype }) => BYTES_OF[dtype]) as [number, number, number]
  const cut = (rows: number, ...bytesPerRow: number[]) => rowRanges(rows, bytesPerRow, maxBytes, PANEL_MULTIPLE)
  const result = [n * c, ...(residual ? [n * BYTES_OF.f32] : [])]
  const all = (rows: number): readonly RowRange[] => [{ first: 0, count: rows }]
  const along: Record<MatmulForm, Record<'m' | 'n' | 'k', readonly RowRange[] | null>> = {
    NN: { m: cut(m, k * a, ...result), n: all(n), k: cut(k, n * b) },
    NT: { m: cut(m, k * a, ...result), n: cut(n, k * b, ...(hasBias ? [BYTES_OF.f32] : [])), k: all(k) },
    TN: { m: cut(m, ...result), n: all(n), k: cut(k, m * a, n * b) },
  }
  const ranges = along[form]
  if (ranges.m === null || ranges.n === null || ranges.k === null) return null
  const pieces: Piece<MatmulAttributes>[] = []
  for (const i of ranges.m) for (const j of ranges.n) for (const p of ranges.k) pieces.push(pieceOf(node, { m, n, k }, i, j, p))
  return pieces
}

function pieceOf(node: NodeTypes<MatmulAttributes>, { m, n, k }: MatmulSizes, i: RowRange, j: RowRange, p: RowRange): Piece<MatmulAttributes> {
  const { attributes, inputs, outputs } = node
  const { form, residual = false } = attributes
  const hasBias = inputs.length > (residual ? 3 : 2)
  const rows = (type: TensorType, length: number, range: RowRange): PieceOperand => rowsOf(type, length, range)
  const a = form === 'TN' ? rows(at(inputs, 0), k, p) : rows(at(inputs, 0), m, i)
  const b = form === 'NT' ? rows(at(inputs, 1), n, j) : rows(at(inputs, 1), k, p)
  const bias = hasBias ? [form === 'NT' ? rows(at(inputs, 2), n, j) : whole(at(inputs, 2))] : []
  const added = residual ? [rows(at(inputs, inputs.length - 1), m, i)] : []
  const panel: MatmulPanel = {
    m: i.count,
    n: j.count,
    k: p.count,
    aStride: form === 'TN' ? m : k,
    aFirst: form === 'TN' ? i.first : p.first,
    cStride: n,
    cFirst: j.first,
    accumulates: p.first > 0,
    finishes: p.first + p.count === k,
  }
  const compact = ({ dtype }: TensorType, ...shape: number[]): TensorType => ({ shape, dtype })
  const measured = [
    form === 'TN' ? compact(a, p.count, i.count) : compact(a, i.count, p.count),
    form === 'NT' ? compact(b, j.count, p.count) : compact(b, p.count, j.count),
    ...bias.map((type) => compact(type, j.count)),
    ...added.map((type) => compact(type, i.count, j.count)),
  ]
  return {
    attributes: { ...attributes, panel },
    inputs: [a, b, ...bias, ...added],
    outputs: [rows(at(outputs, 0), m, i)],
    measuredAs: { attributes, inputs: measured, outputs: [compact(at(outputs, 0), i.count, j.count)] },
  }
}
