import { linearGrid, linearGroup, loopBound } from '../../plan/wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant, TensorType } from '../op.ts'
import type { ColumnSumAttributes } from './column-sum.ts'

const WORKGROUP_SIZE = 64

/** One invocation per output; neighbours read neighbouring columns. */
export function columnSumVariant({ shape, dtype }: TensorType, { rowsPerPart, firstPart = 0, accumulates = false }: ColumnSumAttributes): KernelVariant {
  const [rows = 0, columns = 0] = shape
  const outputs = Math.ceil(rows / rowsPerPart) * columns
  const workgroups = linearGrid(Math.ceil(outputs / WORKGROUP_SIZE))
  return {
    name: 'column-per-thread',
    operands: [
      { name: 'source', element: storedAs(dtype, 1) },
      { name: 'sums', element: 'f32' },
    ],
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  if (i >= ${outputs}u) { return; }
  let part = i / ${columns}u;
  let column = i % ${columns}u;
  let first = part * ${rowsPerPart}u;
  let last = min(first + ${loopBound(rowsPerPart, 'source')}, ${rows}u);
  let place = i + ${firstPart * columns}u;
  var sum = ${accumulates ? 'sums[place]' : '0.0'};
  for (var row = first; row < last; row++) { sum += ${loaded(dtype, 1, `source[row * ${columns}u + column]`)}; }
  sums[place] = sum;
}`,
  }
}
