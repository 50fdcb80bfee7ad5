/**
 * Cutting a node whose tensors are larger than one binding of a device: the same kernels run over ranges of the same
 * buffers, one after the other. No memory more, no addition in another order where ranges are whole rows.
 *
 * A range begins where a binding may begin, at a multiple of 256 bytes; tensors begin there too. So pieces are as many
 * rows as make a multiple of 256 bytes in every operand.
 */
import { elementCount } from '../graph/graph.ts'
import { BUFFER_ALIGNMENT_BYTES, bindingBytes, tensorBytes } from '../plan/types.ts'
import { at } from './check.ts'
import type { NodeTypes, Piece, PieceOperand, TensorType } from './op.ts'

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b)
}

/** Rows of which a piece has a multiple, where a row has so many bytes in one operand and so many in another. */
function rowGranule(bytesPerRow: readonly number[]): number {
  return bytesPerRow.reduce((granule, bytes) => {
    const own = BUFFER_ALIGNMENT_BYTES / greatestCommonDivisor(BUFFER_ALIGNMENT_BYTES, bytes)
    return Math.max(granule, own) // both are powers of two
  }, 1)
}

export interface RowRange {
  readonly first: number
  readonly count: number
}

/**
 * `rows` in pieces as large as fit, where a row has so many bytes in each operand; null where not even the least does.
 * `multiple`, a power of two: all pieces but the last have a multiple of so many rows.
 */
export function rowRanges(rows: number, bytesPerRow: readonly number[], maxBytes: number, multiple = 1): readonly RowRange[] | null {
  const most = Math.floor(maxBytes / Math.max(...bytesPerRow))
  if (most >= rows) return [{ first: 0, count: rows }]
  const granule = Math.max(multiple, rowGranule(bytesPerRow))
  const size = Math.floor(most / granule) * granule
  if (size === 0) return null
  return Array.from({ length: Math.ceil(rows / size) }, (_, i) => ({ first: i * size, count: Math.min(size, rows - i * size) }))
}

/** All of an operand. */
export function whole(type: TensorType): PieceOperand {
  return { ...type, first: 0 }
}

/** Rows of an operand whose first dimension is them, or a multiple of them. */
export function rowsOf({ shape, dtype }: TensorType, rows: number, { first, count }: RowRange): PieceOperand {
  const [outer = 0, ...inner] = shape
  return { shape: [(outer / rows) * count, ...inner], dtype, first: (elementCount(shape) / rows) * first }
}

export interface RowCut<A> {
  /** Every operand that is cut has a multiple of them as its first dimension. */
  readonly rows: number
  /** Inputs that every piece sees all of. */
  readonly whole?: readonly number[]
  /** Where a piece must know which rows it has. */
  attributes?(range: RowRange): A
}

/** For ops whose outputs' rows depend on the same rows of their inputs alone (and on all of those in `whole`). */
export function splitRows<A>(node: NodeTypes<A>, maxBytes: number, cut: RowCut<A>): Piece<A>[] | null {
  const { rows, whole: uncut = [], attributes = () => node.attributes } = cut
  if (node.inputs.some((input, index) => uncut.includes(index) && bindingBytes(input) > maxBytes)) return null
  const perRow = [...node.inputs.filter((_, index) => !uncut.includes(index)), ...node.outputs].map((type) => tensorBytes(type) / rows)
  const ranges = rowRanges(rows, perRow, maxBytes)
  if (ranges === null) return null
  return ranges.map((range) => {
    const inputs = node.inputs.map((input, index) => (uncut.includes(index) ? whole(input) : rowsOf(input, rows, range)))
    const outputs = node.outputs.map((output) => rowsOf(output, rows, range))
    return { attributes: attributes(range), inputs, outputs, measuredAs: { attributes: node.attributes, inputs, outputs } }
  })
}

/** For ops that take each element by itself, whatever the shape; `whole` as in `splitRows`. */
export function splitElements<A>(node: NodeTypes<A>, maxBytes: number, uncut: readonly number[] = []): Piece<A>[] | null {
  const flat = (type: TensorType): TensorType => ({ ...type, shape: [elementCount(type.shape)] })
  const inputs = node.inputs.map((input, index) => (uncut.includes(index) ? input : flat(input)))
  const outputs = node.outputs.map(flat)
  return splitRows({ attributes: node.attributes, inputs, outputs }, maxBytes, { rows: elementCount(at(outputs, 0).shape), whole: uncut })
}

/** Rows of a source that go into some of the sums, each over `rowsPerPart` rows of it. */
export interface PartRange {
  readonly rows: RowRange
  /** How many of the sums. */
  readonly parts: number
  /** The sums that the piece binds, and which of them comes first. */
  readonly bound: RowRange
  readonly firstPart: number
  /** The sum, a single one, goes on from what comes before in it. */
  readonly accumulates: boolean
}

export interface PartSizes {
  readonly rows: number
  readonly rowsPerPart: number
  /** Bytes of a row in each input. */
  readonly inputs: readonly number[]
  /** Bytes of a sum. */
  readonly sum: number
}

/** As many whole sums as fit, from ranges of what is summed and of the sums; else with all sums bound; else some rows of one sum. */
export function partRanges({ rows, rowsPerPart, inputs, sum }: PartSizes, maxBytes: number): readonly PartRange[] | null {
  const parts = Math.ceil(rows / rowsPerPart)
  const perPart = inputs.map((bytes) => bytes * rowsPerPart)
  const group = ({ first, count }: RowRange): Pick<PartRange, 'rows' | 'parts' | 'accumulates'> => {
    const firstRow = first * rowsPerPart
    return { rows: { first: firstRow, count: Math.min(count * rowsPerPart, rows - firstRow) }, parts: count, accumulates: false }
  }
  const together = rowRanges(parts, [...perPart, sum], maxBytes)
  if (together !== null) return together.map((range) => ({ ...group(range), bound: range, firstPart: 0 }))
  const bound = { first: 0, count: parts }
  if (parts * sum > maxBytes) return null
  const groups = rowRanges(parts, perPart, maxBytes)
  if (groups !== null) return groups.map((range) => ({ ...group(range), bound, firstPart: range.first }))
  if (perPart.some((bytes) => bytes % BUFFER_ALIGNMENT_BYTES !== 0)) return null
  const ranges: PartRange[] = []
  for (let part = 0; part < parts; part++) {
    const firstRow = part * rowsPerPart
    const inside = rowRanges(Math.min(rowsPerPart, rows - firstRow), inputs, maxBytes)
    if (inside === null) return null
    for (const { first, count } of inside) {
      ranges.push({ rows: { first: firstRow + first, count }, parts: 1, bound, firstPart: part, accumulates: first > 0 })
    }
  }
  return ranges
}
