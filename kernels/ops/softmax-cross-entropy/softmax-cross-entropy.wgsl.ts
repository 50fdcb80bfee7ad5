import { type DeviceCaps, fixedSubgroupSize } from '../../device/caps.ts'
import { linearGrid, linearGroup, loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { storedAs, storeFunctions, toStore } from '../half.wgsl.ts'
import type { DType, KernelVariant, OperandDeclaration } from '../op.ts'
import type { CrossEntropyAttributes } from './types.ts'

/** `gradientType`: of the gradient, where one is wanted. */
interface Kernel extends CrossEntropyAttributes {
  readonly gradientType: DType
}

/** Up to here a thread walks its row alone; beyond, 64 threads share it. Chosen by feel: a barrier costs more than 64 loads. */
const MAX_CLASSES_PER_THREAD = 64
const ROWS_PER_WORKGROUP = 16
const LANES = 64

export function softmaxCrossEntropyVariants(shape: readonly number[], attributes: Kernel, caps: DeviceCaps): KernelVariant[] {
  const [rows = 0, classes = 0] = shape
  const perThread = rowPerThread(rows, classes, attributes)
  const lanes = fixedSubgroupSize(caps)
  const together = [rowPerWorkgroup(rows, classes, attributes), ...(lanes === null ? [] : [rowPerSubgroup(rows, classes, attributes, lanes)])]
  return caps.kind === 'cpu' || classes <= MAX_CLASSES_PER_THREAD ? [perThread, ...together] : [...together, perThread]
}

function operands({ withGradient, gradientType }: Kernel): OperandDeclaration[] {
  const list: OperandDeclaration[] = [
    { name: 'logits', element: 'f32' },
    { name: 'labels', element: 'i32' },
    { name: 'row_stats', element: 'vec4f' },
  ]
  if (withGradient) list.push({ name: 'gradient', element: storedAs(gradientType, 1) })
  return list
}

/** Statement that writes one row of zeros to the gradient, `start`..`classes` by `stride`. */
function zeroRow({ withGradient, gradientType }: Kernel, start: string, stride: number): string {
  return withGradient ? `for (var c = ${start}; c < classes; c += ${stride}u) { gradient[base + c] = ${storedAs(gradientType, 1)}(0.0); }` : ''
}

function counted({ rowsPerSample, ignoreIndex, firstRow = 0 }: CrossEntropyAttributes): string {
  return `(row + ${firstRow}u) / ${rowsPerSample}u < step.count && label != ${ignoreIndex}`
}

/** `highest`, `sum` (of exp(x − highest)), `total` (of x), `arg` are in scope. */
function lossOfRow({ labelSmoothing }: CrossEntropyAttributes, classes: number): string {
  const epsilon = wgslFloat(labelSmoothing)
  const nll = '(highest - logits[base + u32(label)]) + log(sum)'
  return labelSmoothing === 0 ? nll : `(1.0 - ${epsilon}) * (${nll}) + ${epsilon} * ((highest - total / ${wgslFloat(classes)}) + log(sum))`
}

function gradientOfClass({ labelSmoothing, scaled, gradientType }: Kernel, classes: number): string {
  const share = wgslFloat(labelSmoothing / classes)
  const own = wgslFloat(1 - labelSmoothing)
  const gradient = `exp(logits[base + c] - highest) / sum - ${share} - select(0.0, ${own}, c == u32(label))`
  return toStore(gradientType, 1, scaled ? `step.lossScale * (${gradient})` : gradient)
}

function rowPerThread(rows: number, classes: number, attributes: Kernel): KernelVariant {
  const { withGradient } = attributes
  const workgroups = linearGrid(Math.ceil(rows / ROWS_PER_WORKGROUP))
  return {
    name: 'row-per-thread',
    operands: operands(attributes),
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
${storeFunctions(attributes.gradientType)}
@compute @workgroup_size(${ROWS_PER_WORKGROUP})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${linearGroup(workgroups)} * ${ROWS_PER_WORKGROUP}u + lane;
  if (row >= ${rows}u) { return; }
  let base = row * ${classes}u;
  let label = labels[row];
  let classes = ${loopBound(classes, 'logits')};
  if (!(${counted(attributes)})) {
    row_stats[row] = vec4f(0.0);
    ${zeroRow(attributes, '0u', 1)}
    return;
  }
  var highest = logits[base];
  var arg = 0u;
  var total = highest;
  for (var c = 1u; c < classes; c++) {
    let x = logits[base + c];
    if (x > highest) { highest = x; arg = c; }
    total += x;
  }
  var sum = 0.0;
  for (var c = 0u; c < classes; c++) { sum += exp(logits[base + c] - highest); }
  row_stats[row] = vec4f(${lossOfRow(attributes, classes)}, 1.0, select(0.0, 1.0, arg == u32(label)), 0.0);
  ${withGradient ? `for (var c = 0u; c < classes; c++) { gradient[base + c] = ${gradientOfClass(attributes, classes)}; }` : ''}
}`,
  }
}

/** Lanes stride over the classes, then halve their partial results in a fixed order. */
function rowPerWorkgroup(rows: number, classes: number, attributes: Kernel): KernelVariant {
  const { withGradient } = attributes
  const workgroups = linearGrid(rows)
  const halve = (statement: string) => `
  for (var stride = ${LANES / 2}u; stride > 0u; stride /= 2u) {
    if (lane < stride) { ${statement} }
    workgroupBarrier();
  }`
  return {
    name: 'row-per-workgroup',
    operands: operands(attributes),
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
${storeFunctions(attributes.gradientType)}
var<workgroup> best: array<f32, ${LANES}>;
var<workgroup> where_best: array<u32, ${LANES}>;
var<workgroup> partial: array<f32, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let row = ${linearGroup(workgroups)};
  if (row >= ${rows}u) { return; }
  let base = row * ${classes}u;
  let label = labels[row];
  let classes = ${loopBound(classes, 'logits')};
  if (!(${counted(attributes)})) {
    if (lane == 0u) { row_stats[row] = vec4f(0.0); }
    ${zeroRow(attributes, 'lane', LANES)}
    return;
  }
  var my_best = -3.0e38;
  var my_arg = ${classes}u;
  var my_total = 0.0;
  for (var c = lane; c < classes; c += ${LANES}u) {
    let x = logits[base + c];
    if (x > my_best) { my_best = x; my_arg = c; }
    my_total += x;
  }
  best[lane] = my_best;
  where_best[lane] = my_arg;
  partial[lane] = my_total;
  workgroupBarrier();
  ${halve(`let other = best[lane + stride];
      if (other > best[lane] || (other == best[lane] && where_best[lane + stride] < where_best[lane])) {
        best[lane] = other; where_best[lane] = where_best[lane + stride];
      }
      partial[lane] += partial[lane + stride];`)}
  let highest = best[0];
  let arg = where_best[0];
  let total = partial[0];
  workgroupBarrier();
  var my_sum = 0.0;
  for (var c = lane; c < classes; c += ${LANES}u) { my_sum += exp(logits[base + c] - highest); }
  partial[lane] = my_sum;
  workgroupBarrier();
  ${halve('partial[lane] += partial[lane + stride];')}
  let sum = partial[0];
  if (lane == 0u) {
    row_stats[row] = vec4f(${lossOfRow(attributes, classes)}, 1.0, select(0.0, 1.0, arg == u32(label)), 0.0);
  }
  ${withGradient ? `for (var c = lane; c < classes; c += ${LANES}u) { gradient[base + c] = ${gradientOfClass(attributes, classes)}; }` : ''}
}`,
  }
}

/** The same without workgroup memory and barriers: a subgroup's lanes stride over the classes. */
function rowPerSubgroup(rows: number, classes: number, attributes: Kernel, lanes: number): KernelVariant {
  const { withGradient } = attributes
  const workgroups = linearGrid(rows)
  return {
    name: 'row-per-subgroup',
    operands: operands(attributes),
    usesStep: true,
    enable: ['subgroups'],
    workgroups,
    code: /* wgsl */ `
${storeFunctions(attributes.gradientType)}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let row = ${linearGroup(workgroups)};
  if (row >= ${rows}u) { return; }
  let base = row * ${classes}u;
  let label = labels[row];
  let classes = ${loopBound(classes, 'logits')};
  // Not a branch: a label is read from memory, and what lanes do together must not depend on it as far as a compiler knows.
  let rated = ${counted(attributes)};
  var my_best = -3.0e38;
  var my_arg = ${classes}u;
  var my_total = 0.0;
  for (var c = lane; c < classes; c += ${lanes}u) {
    let x = logits[base + c];
    if (x > my_best) { my_best = x; my_arg = c; }
    my_total += x;
  }
  let highest = subgroupMax(my_best);
  let arg = subgroupMin(select(${classes}u, my_arg, my_best == highest));
  let total = subgroupAdd(my_total);
  var my_sum = 0.0;
  for (var c = lane; c < classes; c += ${lanes}u) { my_sum += exp(logits[base + c] - highest); }
  let sum = subgroupAdd(my_sum);
  if (!rated) {
    if (lane == 0u) { row_stats[row] = vec4f(0.0); }
    ${zeroRow(attributes, 'lane', lanes)}
    return;
  }
  if (lane == 0u) {
    row_stats[row] = vec4f(${lossOfRow(attributes, classes)}, 1.0, select(0.0, 1.0, arg == u32(label)), 0.0);
  }
  ${withGradient ? `for (var c = lane; c < classes; c += ${lanes}u) { gradient[base + c] = ${gradientOfClass(attributes, classes)}; }` : ''}
}`,
  }
}
