import { linearGrid, linearGroup, loopBound } from '../../plan/wgsl.ts'
import { activateFunction } from '../activation.ts'
import { loaded, storedAs, storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant, OperandDeclaration } from '../op.ts'
import type { MatmulAttributes, MatmulExtras, MatmulForm, MatmulSizes } from './types.ts'

const WORKGROUP_SIZE = 64

/** How many elements at a time each matrix is read or written; bias and residual go with `c`. */
export interface MatmulWidths {
  readonly a: 1 | 4
  readonly b: 1 | 4
  readonly c: 1 | 4
}

export function matmulOperands(extras: MatmulExtras, { a, b, c }: MatmulWidths = { a: 1, b: 1, c: 1 }): OperandDeclaration[] {
  const operands: OperandDeclaration[] = [
    { name: 'a', element: storedAs(extras.operands, a) },
    { name: 'b', element: storedAs(extras.operands, b) },
  ]
  if (extras.bias) operands.push({ name: 'bias', element: storedAs('f32', c) })
  if (extras.residual) operands.push({ name: 'residual', element: storedAs('f32', c) })
  operands.push({ name: 'c', element: storedAs(extras.result, c) })
  return operands
}

/** WGSL index of element (row, p) of op(A). */
export function leftIndex(form: MatmulForm, { m, k, aStride, aFirst = 0 }: MatmulSizes, row: string, p: string): string {
  const index = form === 'TN' ? `${p} * ${aStride ?? m}u + ${row}` : `${row} * ${aStride ?? k}u + ${p}`
  return aFirst === 0 ? index : `${index} + ${aFirst}u`
}

/** Rows of A begin where four elements may be read at a time. */
export function leftInFours(form: MatmulForm, { m, k, aStride = form === 'TN' ? m : k, aFirst = 0 }: MatmulSizes): boolean {
  return aStride % 4 === 0 && aFirst % 4 === 0
}

/** WGSL index of element (p, column) of op(B). */
export function rightIndex(form: MatmulForm, { n, k }: MatmulSizes, p: string, column: string): string {
  return form === 'NT' ? `${column} * ${k}u + ${p}` : `${p} * ${n}u + ${column}`
}

/** WGSL index of element (row, column) of C. */
export function resultIndex({ n, cStride = n, cFirst = 0 }: MatmulSizes, row: string, column: string): string {
  const index = `${row} * ${cStride}u + ${column}`
  return cFirst === 0 ? index : `${index} + ${cFirst}u`
}

/** WGSL of a finished sum with what is added to it; `column` and `place` index bias and residual. */
export function withExtras(sum: string, { bias, residual, later = false }: MatmulExtras, column: string, place: string): string {
  if (later) return sum
  return `${sum}${bias ? ` + bias[${column}]` : ''}${residual ? ` + residual[${place}]` : ''}`
}

/** One invocation per output: correct everywhere, fast nowhere. */
export function plainVariant(sizes: MatmulSizes, { form, activation }: MatmulAttributes, extras: MatmulExtras): KernelVariant {
  const { m, n, k } = sizes
  const workgroups = linearGrid(Math.ceil((m * n) / WORKGROUP_SIZE))
  const left = loaded(extras.operands, 1, `a[${leftIndex(form, sizes, 'row', 'p')}]`)
  const right = loaded(extras.operands, 1, `b[${rightIndex(form, sizes, 'p', 'column')}]`)
  return {
    name: 'plain',
    operands: matmulOperands(extras),
    workgroups,
    code: /* wgsl */ `
${activateFunction(activation)}
${storeFunctions(extras.result)}
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${m * n}u) { return; }
  let row = i / ${n}u;
  let column = i % ${n}u;
  let place = ${resultIndex(sizes, 'row', 'column')};
  var sum = ${sizes.accumulates === true ? loaded(extras.result, 1, 'c[place]') : '0.0'};
  let depth = ${loopBound(k, 'a')};
  for (var p = 0u; p < depth; p++) { sum += ${left} * ${right}; }
  c[place] = ${toStore(extras.result, 1, `activate(${withExtras('sum', extras, 'column', 'place')})`)};
}`,
  }
}
