/**
 * The guard on the GPU: what `guard.ts` says, and what it means for the update of this step. Two dispatches: the first
 * reads the gradient once, for its norm (where that is clipped) and for what is not finite; the second is one workgroup.
 */
import type { KernelVariant, OperandDeclaration } from '../ops/op.ts'
import { loopBound, UPDATES_AHEAD, wgslFloat } from '../plan/wgsl.ts'
import { GROWTH_STEPS, type GuardRule, LARGEST_SCALE, LEAST_SCALE } from './guard.ts'

const LANES = 64
/** vec4s per invocation, until there are enough workgroups for any device. Chosen by feel. */
const ITEMS = 16
/** 1 MiB of loads in flight hide the latency of a large GPU's memory; a fixed number, so the order of additions depends on nothing. */
const MAX_GROUPS = 1024

/**
 * Words of the guard's buffer: `GuardState`, then what is decided about this step. `verdict`: 0 taken, 1 skipped, 2 this
 * step ended the run, 3 one before it did. `factor` makes the update's gradient of the summed one.
 */
export const GUARD_WORDS = { scale: 0, good: 1, stuck: 2, skipped: 3, verdict: 4, factor: 5, rate: 6, correction: 7, unbias: 8 } as const
export const GUARD_BYTES = 48

/** Partial results of a vector of `length` elements: a sum of squares, and 1 where something was not finite, each. */
export function partialCount(length: number): number {
  return Math.min(MAX_GROUPS, Math.max(1, Math.ceil(length / 4 / (LANES * ITEMS))))
}

/**
 * Group w takes vec4s w·64 + lane, then strides over the whole segment, whose first `normed` elements count for the norm; the
 * results of a segment that is not the first are added to those before. By bits: some drivers fold comparisons with NaN away.
 */
export function checkVariant(
  length: number,
  normed: number,
  { scales }: GuardRule,
  { groups, accumulates }: { readonly groups: number; readonly accumulates: boolean },
): KernelVariant {
  const norms = normed > 0
  const operands: OperandDeclaration[] = [{ name: 'gradients', element: 'vec4f' }]
  if (scales && norms) operands.push({ name: 'guard', element: 'i32' })
  operands.push({ name: 'partials', element: 'f32' })
  return {
    name: norms ? 'norm-vec4f' : 'exponents-vec4f',
    operands,
    workgroups: [groups, 1, 1],
    code: /* wgsl */ `
${norms ? `var<workgroup> sums: array<f32, ${LANES}>;` : ''}
var<workgroup> exponents: array<u32, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var highest = 0u;
  ${scales && norms ? `let unscale = 1.0 / bitcast<f32>(guard[${GUARD_WORDS.scale}]);` : ''}
  for (var i = group.x * ${LANES}u + lane; i < ${length / 4}u; i += ${LANES * groups}u) {
    let g = gradients[i];
    let bits = bitcast<vec4u>(g) & vec4u(0x7f800000u);
    highest = max(highest, max(max(bits.x, bits.y), max(bits.z, bits.w)));
    ${norms ? `let counted = select(vec4f(0.0), g${scales ? ' * unscale' : ''}, i < ${normed / 4}u);\n    sum += dot(counted, counted);` : ''}
  }
  ${norms ? 'sums[lane] = sum;' : ''}
  exponents[lane] = highest;
  workgroupBarrier();
  for (var stride = ${LANES / 2}u; stride > 0u; stride /= 2u) {
    if (lane < stride) {
      ${norms ? 'sums[lane] += sums[lane + stride];' : ''}
      exponents[lane] = max(exponents[lane], exponents[lane + stride]);
    }
    workgroupBarrier();
  }
  if (lane == 0u) {
    let fault = select(0.0, 1.0, exponents[0] == 0x7f800000u);
    ${
      accumulates
        ? `partials[2u * group.x] += ${norms ? 'sums[0]' : '0.0'}; partials[2u * group.x + 1u] = max(partials[2u * group.x + 1u], fault);`
        : `partials[2u * group.x] = ${norms ? 'sums[0]' : '0.0'}; partials[2u * group.x + 1u] = fault;`
    }
  }
}`,
  }
}

/** `count`: partial results. */
export function decideVariant({ limit, scales }: GuardRule, clipNorm: number | null, count: number): KernelVariant {
  const word = (name: keyof typeof GUARD_WORDS) => `guard[${GUARD_WORDS[name]}]`
  const norms = clipNorm !== null
  return {
    name: 'single',
    operands: [
      { name: 'partials', element: 'f32' },
      { name: 'stats', element: 'f32' },
      { name: 'guard', element: 'i32' },
    ],
    usesStep: true,
    workgroups: [1, 1, 1],
    code: /* wgsl */ `
${norms ? `var<workgroup> sums: array<f32, ${LANES}>;` : ''}
var<workgroup> faults: array<f32, ${LANES}>;
@compute @workgroup_size(${LANES})
fn main(@builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  var fault = 0.0;
  let count = ${loopBound(count, 'partials')};
  for (var i = lane; i < count; i += ${LANES}u) {
    ${norms ? 'sum += partials[2u * i];' : ''}
    fault = max(fault, partials[2u * i + 1u]);
  }
  ${norms ? 'sums[lane] = sum;' : ''}
  faults[lane] = fault;
  workgroupBarrier();
  for (var stride = ${LANES / 2}u; stride > 0u; stride /= 2u) {
    if (lane < stride) {
      ${norms ? 'sums[lane] += sums[lane + stride];' : ''}
      faults[lane] = max(faults[lane], faults[lane + stride]);
    }
    workgroupBarrier();
  }
  if (lane != 0u) { return; }
  if (${word('stuck')} >= ${limit}) {
    ${word('verdict')} = 3;
    return;
  }
  let scale = bitcast<f32>(${word('scale')});
  let finite = faults[0] == 0.0 && (bitcast<u32>(stats[0]) & 0x7f800000u) != 0x7f800000u;
  if (!finite) {
    let stuck = ${scales ? `select(${word('stuck')} + 1, 0, scale > ${wgslFloat(LEAST_SCALE)})` : `${word('stuck')} + 1`};
    ${word('stuck')} = stuck;
    if (stuck >= ${limit}) {
      ${word('verdict')} = 2;
      return;
    }
    ${scales ? `${word('scale')} = bitcast<i32>(max(0.5 * scale, ${wgslFloat(LEAST_SCALE)}));` : ''}
    ${word('good')} = 0;
    ${word('skipped')}++;
    ${word('verdict')} = 1;
    return;
  }
  ${word('verdict')} = 0;
  ${word('stuck')} = 0;
  ${
    scales
      ? `let good = ${word('good')} + 1;
  let grows = good == ${GROWTH_STEPS};
  ${word('good')} = select(good, 0, grows);
  ${word('scale')} = bitcast<i32>(select(scale, min(2.0 * scale, ${wgslFloat(LARGEST_SCALE)}), grows));`
      : ''
  }
  let weight = stats[1];
  var factor = select(0.0, 1.0 / weight, weight > 0.0);
  ${norms ? `let norm = select(0.0, sqrt(sums[0]) / weight, weight > 0.0);\n  factor *= min(1.0, ${wgslFloat(clipNorm)} / (norm + 1e-6));` : ''}
  ${word('factor')} = bitcast<i32>(factor${scales ? ' * (1.0 / scale)' : ''});
  // Steps that were left out since the host knew of them do not count for the update's scalars.
  let scalars = step.updates[min(u32(${word('skipped')}) - step.skipped, ${UPDATES_AHEAD - 1}u)];
  ${word('rate')} = bitcast<i32>(scalars.x);
  ${word('correction')} = bitcast<i32>(scalars.y);
  ${word('unbias')} = bitcast<i32>(scalars.z);
}`,
  }
}
