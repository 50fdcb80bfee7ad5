import type { DeviceCaps } from '../../device/caps.ts'
import { linearGrid, linearGroup, loopBound, wgslFloat } from '../../plan/wgsl.ts'
import type { KernelVariant, OperandDeclaration } from '../op.ts'

const MAX_COLUMNS_PER_THREAD = 64
const ROWS_PER_WORKGROUP = 16
const LANES = 64

export function mseVariants(shape: readonly number[], withGradient: boolean, caps: DeviceCaps): KernelVariant[] {
  const [rows = 0, columns = 0] = shape
  const perThread = rowPerThread(rows, columns, withGradient)
  const perWorkgroup = rowPerWorkgroup(rows, columns, withGradient)
  return caps.kind === 'cpu' || columns <= MAX_COLUMNS_PER_THREAD ? [perThread, perWorkgroup] : [perWorkgroup, perThread]
}

function operands(withGradient: boolean): OperandDeclaration[] {
  const list: OperandDeclaration[] = [
    { name: 'prediction', element: 'f32' },
    { name: 'wanted', element: 'f32' },
    { name: 'row_stats', element: 'vec4f' },
  ]
  if (withGradient) list.push({ name: 'gradient', element: 'f32' })
  return list
}

/** Loop over the columns `start`, `start + stride`, …, summing squares into `sum`; rows that do not count contribute zero. */
function walk(columns: number, withGradient: boolean, start: string, stride: number): string {
  return /* wgsl */ `
  let counts = row < step.count;
  let columns = ${loopBound(columns, 'prediction')};
  var sum = 0.0;
  for (var c = ${start}; c < columns; c += ${stride}u) {
    let i = row * ${columns}u + c;
    let difference = select(0.0, prediction[i] - wanted[i], counts);
    sum += difference * difference;
    ${withGradient ? 'gradient[i] = 2.0 * difference;' : ''}
  }`
}

const statsRow = (columns: number, sum: string) => `vec4f(${sum}, select(0.0, ${wgslFloat(columns)}, counts), 0.0, 0.0)`

function rowPerThread(rows: number, columns: number, withGradient: boolean): KernelVariant {
  const workgroups = linearGrid(Math.ceil(rows / ROWS_PER_WORKGROUP))
  return {
    name: 'row-per-thread',
    operands: operands(withGradient),
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${ROWS_PER_WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${linearGroup(workgroups)} * ${ROWS_PER_WORKGROUP}u + lane;
  if (row >= ${rows}u) { return; }
  ${walk(columns, withGradient, '0u', 1)}
  row_stats[row] = ${statsRow(columns, 'sum')};
}`,
  }
}

function rowPerWorkgroup(rows: number, columns: number, withGradient: boolean): KernelVariant {
  const workgroups = linearGrid(rows)
  return {
    name: 'row-per-workgroup',
    operands: operands(withGradient),
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
var<workgroup> partial: array<f32, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${linearGroup(workgroups)};
  if (row >= ${rows}u) { return; }
  ${walk(columns, withGradient, 'lane', LANES)}
  partial[lane] = sum;
  workgroupBarrier();
  for (var stride = ${LANES / 2}u; stride > 0u; stride /= 2u) {
    if (lane < stride) { partial[lane] += partial[lane + stride]; }
    workgroupBarrier();
  }
  if (lane == 0u) { row_stats[row] = ${statsRow(columns, 'partial[0]')}; }
}`,
  }
}
