/**
 * The frame of kernels that reduce over rows (norms, softmax, row sums): one text, three kernels. On GPUs 64 lanes share a
 * row and halve their partial results in a fixed order, or a subgroup shares it, whatever its size, without memory and
 * barriers; on software adapters, where a barrier costs more than 64 loads, and for short rows, a thread walks its row alone.
 * Sums are in a fixed order in each: the same input, the same bits.
 *
 * A "row" is whatever `body` makes of the index `row`: elements may lie anywhere.
 */
import { type DeviceCaps, fixedSubgroupSize } from '../device/caps.ts'
import { linearGrid, linearGroup } from '../plan/wgsl.ts'
import type { KernelVariant, OperandDeclaration } from './op.ts'

/** Up to here a thread walks its row alone on GPUs too. Chosen by feel. */
const MAX_LENGTH_PER_THREAD = 64
const ROWS_PER_WORKGROUP = 16
const LANES = 64

/** The words in which a body is written. */
export interface RowFrame {
  /** Loop over the elements `c` of the row, or up to another bound; lanes take turns. */
  each(statements: string, bound?: string): string
  /** Makes `var`s that lanes have summed up the sums over the row, in every lane. */
  sum(...variables: readonly string[]): string
  /** The same for maxima. */
  highest(variable: string): string
  /** Where the variable of a sum begins that goes on from `value`. */
  resume(value: string): string
  /** What is written once for the row. */
  once(statement: string): string
}

export interface RowKernel {
  readonly rows: number
  /** Elements of a row: decides between the two kernels. */
  readonly length: number
  /** WGSL for the number of elements, a `u32` that the compiler cannot know (see `loopBound`). */
  readonly bound: string
  readonly operands: readonly OperandDeclaration[]
  readonly usesStep?: boolean
  readonly functions?: string
  body(frame: RowFrame): string
}

export function rowVariants(kernel: RowKernel, caps: DeviceCaps): KernelVariant[] {
  const lanes = fixedSubgroupSize(caps)
  const [alone, together] = [perThread(kernel), [perWorkgroup(kernel), ...(lanes === null ? [] : [perSubgroup(kernel, lanes)])]]
  return caps.kind === 'cpu' || kernel.length <= MAX_LENGTH_PER_THREAD ? [alone, ...together] : [...together, alone]
}

function perThread(kernel: RowKernel): KernelVariant {
  const workgroups = linearGrid(Math.ceil(kernel.rows / ROWS_PER_WORKGROUP))
  const frame: RowFrame = {
    each: (statements, bound = 'length') => `for (var c = 0u; c < ${bound}; c++) { ${statements} }`,
    sum: () => '',
    resume: (value) => value,
    highest: () => '',
    once: (statement) => statement,
  }
  return {
    name: 'row-per-thread',
    operands: kernel.operands,
    usesStep: kernel.usesStep === true,
    workgroups,
    code: /* wgsl */ `
${kernel.functions ?? ''}
@compute @workgroup_size(${ROWS_PER_WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${linearGroup(workgroups)} * ${ROWS_PER_WORKGROUP}u + lane;
  if (row >= ${kernel.rows}u) { return; }
  let length = ${kernel.bound};
  ${kernel.body(frame)}
}`,
  }
}

function perWorkgroup(kernel: RowKernel): KernelVariant {
  const workgroups = linearGrid(kernel.rows)
  const reduce = (variable: string, combine: (a: string, b: string) => string) => /* wgsl */ `
  partial[lane] = ${variable};
  workgroupBarrier();
  for (var stride = ${LANES / 2}u; stride > 0u; stride /= 2u) {
    if (lane < stride) { partial[lane] = ${combine('partial[lane]', 'partial[lane + stride]')}; }
    workgroupBarrier();
  }
  ${variable} = partial[0];
  workgroupBarrier();`
  const frame: RowFrame = {
    each: (statements, bound = 'length') => `for (var c = lane; c < ${bound}; c += ${LANES}u) { ${statements} }`,
    sum: (...variables) => variables.map((variable) => reduce(variable, (a, b) => `${a} + ${b}`)).join('\n'),
    resume: (value) => `select(0.0, ${value}, lane == 0u)`,
    highest: (variable) => reduce(variable, (a, b) => `max(${a}, ${b})`),
    once: (statement) => `if (lane == 0u) { ${statement} }`,
  }
  return {
    name: 'row-per-workgroup',
    operands: kernel.operands,
    usesStep: kernel.usesStep === true,
    workgroups,
    code: /* wgsl */ `
var<workgroup> partial: array<f32, ${LANES}>;
${kernel.functions ?? ''}
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${linearGroup(workgroups)};
  if (row >= ${kernel.rows}u) { return; }
  let length = ${kernel.bound};
  ${kernel.body(frame)}
}`,
  }
}

function perSubgroup(kernel: RowKernel, lanes: number): KernelVariant {
  const workgroups = linearGrid(kernel.rows)
  const frame: RowFrame = {
    each: (statements, bound = 'length') => `for (var c = lane; c < ${bound}; c += ${lanes}u) { ${statements} }`,
    sum: (...variables) => variables.map((variable) => `${variable} = subgroupAdd(${variable});`).join('\n'),
    resume: (value) => `select(0.0, ${value}, lane == 0u)`,
    highest: (variable) => `${variable} = subgroupMax(${variable});`,
    once: (statement) => `if (lane == 0u) { ${statement} }`,
  }
  return {
    name: 'row-per-subgroup',
    operands: kernel.operands,
    usesStep: kernel.usesStep === true,
    enable: ['subgroups'],
    workgroups,
    code: /* wgsl */ `
${kernel.functions ?? ''}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let row = ${linearGroup(workgroups)};
  if (row >= ${kernel.rows}u) { return; }
  let length = ${kernel.bound};
  ${kernel.body(frame)}
}`,
  }
}
