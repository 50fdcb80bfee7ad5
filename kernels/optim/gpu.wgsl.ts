import type { ParameterLayout } from '../engine/types.ts'
import type { KernelVariant, OperandDeclaration } from '../ops/op.ts'
import { linearGrid, linearGroup, loopBound, wgslFloat } from '../plan/wgsl.ts'
import type { OptimizerSpec } from '../spec.ts'

const WORKGROUP_SIZE = 64
/** vec4s per invocation: amortises the atomic load of the weight, which software adapters do lane by lane. */
const ITEMS = 4

/** The same for a pass that only reads. Chosen by feel. */
const CHECKED_ITEMS = 16

/** Workgroups, and so partial sums, of the global norm: fixed, so the order of additions depends on nothing. */
export const NORM_GROUPS = 64

/** What one dispatch does to its range of the vectors. */
export interface UpdateRule {
  /** For labels. */
  readonly name: string
  readonly optimizer: OptimizerSpec
  /** Muon only: momentum into the gradient's place, or the orthogonalised step taken from the parameters. */
  readonly stage?: 'momentum' | 'apply'
  /** Muon's adamw part: its rate as a multiple of the step's. */
  readonly rateRatio?: number
  /** Muon's `apply`: the factor of the matrix's shape. */
  readonly factor?: number
  readonly clips: boolean
  readonly writesGradient?: boolean
}

/** `g` (the mean gradient, clipped) and `p` are vec4f; the rules are those of `rules.ts`. */
function statements({ optimizer, stage, rateRatio, factor = 1 }: UpdateRule): string {
  const weightDecay = wgslFloat(optimizer.weightDecay)
  switch (optimizer.type) {
    case 'sgd': {
      const decayed = optimizer.weightDecay === 0 ? '' : `g += ${weightDecay} * p;`
      if (optimizer.momentum === 0) return `${decayed} parameters[i] = p - step.rate * g;`
      const momentum = wgslFloat(optimizer.momentum)
      return `${decayed}
    let b = ${momentum} * momentum_buffer[i] + g;
    momentum_buffer[i] = b;
    parameters[i] = p - step.rate * ${optimizer.nesterov ? `(g + ${momentum} * b)` : 'b'};`
    }
    case 'lion': {
      const [beta1, beta2] = optimizer.betas
      return `
    let m = exp_avg[i];
    parameters[i] = p * step.decay - step.rate * sign(${wgslFloat(beta1)} * m + ${wgslFloat(1 - beta1)} * g);
    exp_avg[i] = ${wgslFloat(beta2)} * m + ${wgslFloat(1 - beta2)} * g;`
    }
    case 'muon': {
      if (stage === 'apply') return `parameters[i] = p * step.decay - step.rate * ${wgslFloat(factor)} * gradients[i];`
      const momentum = wgslFloat(optimizer.momentum)
      return `
    let b = exp_avg[i] + ${wgslFloat(1 - optimizer.momentum)} * (g - exp_avg[i]);
    exp_avg[i] = b;
    gradients[i] = ${optimizer.nesterov ? `g + ${momentum} * (b - g)` : 'b'};`
    }
    case 'adam':
    case 'adamw': {
      const [beta1, beta2] = optimizer.betas
      // As a part of muon, rate and decay follow from the step's plain rate.
      const own = rateRatio === undefined
      const rate = own ? 'step.rate' : 'step.unbias * adamw_rate'
      return `${optimizer.type === 'adam' && optimizer.weightDecay !== 0 ? `g += ${weightDecay} * p;` : ''}
    ${own ? '' : `let adamw_rate = step.rate * ${wgslFloat(rateRatio)};`}
    let m = exp_avg[i] + ${wgslFloat(1 - beta1)} * (g - exp_avg[i]);
    let v = ${wgslFloat(beta2)} * exp_avg_sq[i] + ${wgslFloat(1 - beta2)} * g * g;
    exp_avg[i] = m;
    exp_avg_sq[i] = v;
    let denominator = sqrt(v) * step.correction + ${wgslFloat(optimizer.eps)};
    let update = select(${rate} * m / denominator, vec4f(0.0), denominator == vec4f(0.0));
    parameters[i] = p * ${own ? 'step.decay' : `(1.0 - adamw_rate * ${weightDecay})`} - update;`
    }
  }
}

/** `states`: names of the state vectors that the rule follows; `length` in elements. */
export function updateVariant(rule: UpdateRule, states: readonly string[], length: number): KernelVariant {
  const items = length / 4
  const perGroup = WORKGROUP_SIZE * ITEMS
  const workgroups = linearGrid(Math.ceil(items / perGroup))
  const operands: OperandDeclaration[] = [
    { name: 'parameters', element: 'vec4f' },
    { name: 'gradients', element: 'vec4f' },
    { name: 'stats', element: 'atomic<u32>' },
  ]
  if (rule.clips) operands.push({ name: 'clip_scale', element: 'f32' })
  for (const name of states) operands.push({ name, element: 'vec4f' })
  return {
    name: `fused-vec4f`,
    operands,
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (atomicLoad(&stats[3]) != 0u) { return; }
  let first = ${linearGroup(workgroups)} * ${perGroup}u + lane;
  let weight = bitcast<f32>(atomicLoad(&stats[1]));
  let scale = select(0.0, 1.0 / weight, weight > 0.0)${rule.clips ? ' * clip_scale[0]' : ''};
  for (var item = 0u; item < ${ITEMS}u; item++) {
    let i = first + item * ${WORKGROUP_SIZE}u;
    if (i >= ${items}u) { break; }
    var g = gradients[i] * scale;
    let p = parameters[i];
    ${statements(rule)}
  }
}`,
  }
}

/**
 * Looks for a loss or gradient that is not finite. The fourth word of `stats` becomes 1 for this step, 2 where an earlier
 * step has raised `halt`; both keep updates from being made. By bits: some drivers fold comparisons with NaN away.
 */
export function checkVariant(length: number): KernelVariant {
  const items = length / 4
  const perGroup = WORKGROUP_SIZE * CHECKED_ITEMS
  const workgroups = linearGrid(Math.ceil(items / perGroup))
  return {
    name: 'exponents-vec4f',
    operands: [
      { name: 'gradients', element: 'vec4f' },
      { name: 'stats', element: 'atomic<u32>' },
      { name: 'halt', element: 'atomic<u32>' },
    ],
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = ${linearGroup(workgroups)} * ${perGroup}u + lane;
  var exponents = 0u;
  if (first == 0u) {
    exponents = atomicLoad(&stats[0]) & 0x7f800000u;
    if (atomicLoad(&halt[0]) != 0u) { atomicOr(&stats[3], 2u); }
  }
  let last = min(first + ${perGroup}u, ${items}u);
  for (var i = first; i < last; i += ${WORKGROUP_SIZE}u) {
    let bits = bitcast<vec4u>(gradients[i]) & vec4u(0x7f800000u);
    exponents = max(exponents, max(max(bits.x, bits.y), max(bits.z, bits.w)));
  }
  if (exponents == 0x7f800000u) {
    atomicOr(&stats[3], 1u);
    atomicOr(&halt[0], 1u);
  }
}`,
  }
}

/** Partial sums of squares: group w adds elements w·64 + lane, then strides over the whole vector. */
export function normVariant(length: number): KernelVariant {
  return {
    name: 'strided-vec4f',
    operands: [
      { name: 'gradients', element: 'vec4f' },
      { name: 'partials', element: 'f32' },
    ],
    workgroups: [NORM_GROUPS, 1, 1],
    code: /* wgsl */ `
var<workgroup> sums: array<f32, ${WORKGROUP_SIZE}>;
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  var sum = 0.0;
  for (var i = group.x * ${WORKGROUP_SIZE}u + lane; i < ${length / 4}u; i += ${WORKGROUP_SIZE * NORM_GROUPS}u) {
    let g = gradients[i];
    sum += dot(g, g);
  }
  sums[lane] = sum;
  workgroupBarrier();
  for (var stride = ${WORKGROUP_SIZE / 2}u; stride > 0u; stride /= 2u) {
    if (lane < stride) { sums[lane] += sums[lane + stride]; }
    workgroupBarrier();
  }
  if (lane == 0u) { partials[group.x] = sums[0]; }
}`,
  }
}

/** `count`: partial sums over all segments. */
export function scaleVariant(clipNorm: number, count: number): KernelVariant {
  return {
    name: 'single',
    operands: [
      { name: 'partials', element: 'f32' },
      { name: 'stats', element: 'f32' },
      { name: 'clip_scale', element: 'f32' },
    ],
    workgroups: [1, 1, 1],
    code: /* wgsl */ `
@compute @workgroup_size(1)
fn main() {
  var sum = 0.0;
  let count = ${loopBound(count, 'partials')};
  for (var i = 0u; i < count; i++) { sum += partials[i]; }
  let weight = stats[1];
  let norm = select(0.0, sqrt(sum) / weight, weight > 0.0);
  clip_scale[0] = min(1.0, ${wgslFloat(clipNorm)} / (norm + 1e-6));
}`,
  }
}

/**
 * Running statistics move, counts count (`BufferRule`): one invocation per element, which looks up the entry it lies in.
 * `range`: where the buffers lie; only they are bound.
 */
export function buffersVariant(layout: ParameterLayout, range: { readonly first: number; readonly length: number }): KernelVariant {
  const entries = layout.entries.filter((entry) => entry.buffer !== undefined)
  const workgroups = linearGrid(Math.ceil(range.length / WORKGROUP_SIZE))
  const list = (type: string, values: readonly string[]) => `array<${type}, ${entries.length}>(${values.join(', ')})`
  const momentum = entries.map(({ buffer }) => wgslFloat(buffer?.kind === 'average' ? buffer.momentum : -1))
  return {
    name: 'by-entry',
    operands: [
      { name: 'parameters', element: 'f32' },
      { name: 'gradients', element: 'f32' },
      { name: 'stats', element: 'f32' },
    ],
    workgroups,
    code: /* wgsl */ `
const STARTS = ${list(
      'u32',
      entries.map(({ offset }) => `${offset - range.first}u`),
    )};
const SIZES = ${list(
      'u32',
      entries.map(({ size }) => `${size}u`),
    )};
// Negative: counts steps.
const MOMENTA = ${list('f32', momentum)};
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let i = ${linearGroup(workgroups)} * ${WORKGROUP_SIZE}u + lane;
  let weight = stats[1];
  if (i >= ${range.length}u || !(weight > 0.0) || bitcast<u32>(stats[3]) != 0u) { return; }
  var entry = 0u;
  let last = ${loopBound(entries.length - 1, 'stats')};
  while (entry < last && i >= STARTS[entry + 1u]) { entry++; }
  if (i - STARTS[entry] >= SIZES[entry]) { return; }
  let old = parameters[i];
  let momentum = MOMENTA[entry];
  parameters[i] = select(old + momentum * (gradients[i] / weight - old), old + 1.0, momentum < 0.0);
}`,
  }
}
