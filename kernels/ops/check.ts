/** Shape checks that ops share: message = operation, requirement, actual. */
import { KernelError } from '../errors.ts'
import { showShape } from '../graph/graph.ts'
import type { TensorType } from './op.ts'

export function shapeMismatch(op: string, requirement: string, inputs: readonly TensorType[]): KernelError {
  const actual = inputs.map((input) => showShape(input.shape)).join(' x ')
  return new KernelError('SHAPE_MISMATCH', `${op}: ${requirement}, got ${actual}`, { op, shapes: inputs.map((input) => input.shape) })
}

export function expectInputs(op: string, inputs: readonly TensorType[], count: number): void {
  if (inputs.length !== count) throw shapeMismatch(op, `${count} inputs are needed`, inputs)
}

/** The tensor at `index`, which `expectInputs` has made sure of. */
export function at<T>(items: readonly T[], index: number): T {
  const item = items[index]
  if (item === undefined) throw new RangeError(`no item ${index} in a list of ${items.length}`)
  return item
}

export function sameShape(a: TensorType, b: TensorType): boolean {
  return a.shape.length === b.shape.length && a.shape.every((size, axis) => size === b.shape[axis])
}
