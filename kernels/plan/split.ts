/**
 * Fits a plan to a device: a dispatch that would bind more than the device can is replaced by pieces that bind ranges of
 * the same buffers. Buffers stay what they are, so a plan takes the same bytes on every device.
 */
import { BYTES_OF, type PieceOperand } from '../ops/op.ts'
import { shapeClassOf } from '../tuning/shape-class.ts'
import { BUFFER_ALIGNMENT_BYTES, bindingBytes, type PlannedBinding, type PlannedDispatch } from './types.ts'

/** What no op can cut small enough stays as it is: binding it is refused. */
export function fitDispatches(dispatches: readonly PlannedDispatch[], maxBindingBytes: number): PlannedDispatch[] {
  return dispatches.flatMap((dispatch) => (fits(dispatch, maxBindingBytes) ? [dispatch] : (piecesOf(dispatch, maxBindingBytes) ?? [dispatch])))
}

function fits({ bindings }: PlannedDispatch, maxBindingBytes: number): boolean {
  return bindings.every(({ sizeBytes }) => sizeBytes <= maxBindingBytes)
}

function piecesOf(dispatch: PlannedDispatch, maxBindingBytes: number): readonly PlannedDispatch[] | null {
  const { label, bindings, node } = dispatch
  if (node === undefined) return dispatch.split?.(maxBindingBytes) ?? null
  const { op, types } = node
  const pieces = op.split?.(types, maxBindingBytes) ?? null
  if (pieces === null) return null
  return pieces.map((piece, i) => {
    const operands = [...piece.inputs, ...piece.outputs]
    return {
      ...dispatch,
      label: `${label}.${i}`,
      bindings: bindings.map((binding, j) => rangeOf(label, binding, operands[j])),
      variants: (caps) => op.variants(piece, caps),
      node: { op, types: piece.measuredAs, shapeClass: shapeClassOf(op.name, piece.measuredAs) },
      completes: i === pieces.length - 1 ? dispatch : null,
    }
  })
}

function rangeOf(label: string, binding: PlannedBinding, operand: PieceOperand | undefined): PlannedBinding {
  if (operand === undefined) throw new RangeError(`plan: a piece of ${label} lacks an operand`)
  const offsetBytes = operand.first * BYTES_OF[operand.dtype]
  if (offsetBytes % BUFFER_ALIGNMENT_BYTES !== 0) throw new RangeError(`plan: a piece of ${label} begins at byte ${offsetBytes} of ${binding.buffer}`)
  return { ...binding, offsetBytes: binding.offsetBytes + offsetBytes, sizeBytes: bindingBytes(operand) }
}
