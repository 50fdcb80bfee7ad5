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

/** `rows` in pieces as large as fit, where a row has so many bytes in each operand; null where not even the least does. */
export function rowRanges(rows: number, bytesPerRow: readonly number[], maxBytes: number): readonly RowRange[] | null {
  const most = Math.floor(maxBytes / Math.max(...bytesPerRow))
  if (most >= rows) return [{ first: 0, count: rows }]
  const granule = rowGranule(bytesPerRow)
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
