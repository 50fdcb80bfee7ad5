import type { ParameterLayout } from '../engine/types.ts'
import type { KernelVariant, OperandDeclaration } from '../ops/op.ts'
import { linearGrid, linearGroup, loopBound, wgslFloat } from '../plan/wgsl.ts'
import type { OptimizerSpec } from '../spec.ts'
import { GUARD_WORDS } from './guard.wgsl.ts'

const WORKGROUP_SIZE = 64
/** vec4s per invocation: amortises what is the same for all. */
const ITEMS = 4

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
  readonly writesGradient?: boolean
}

/** `g` (the mean gradient, clipped) and `p` are vec4f; the rules are those of `rules.ts`. */
function statements({ optimizer, stage, rateRatio, factor = 1 }: UpdateRule): string {
  const weightDecay = wgslFloat(optimizer.weightDecay)
  switch (optimizer.type) {
    case 'sgd': {
      const decayed = optimizer.weightDecay === 0 ? '' : `g += ${weightDecay} * p;`
      if (optimizer.momentum === 0) return `${decayed} parameters[i] = p - rate * g;`
      const momentum = wgslFloat(optimizer.momentum)
      return `${decayed}
    let b = ${momentum} * momentum_buffer[i] + g;
    momentum_buffer[i] = b;
    parameters[i] = p - rate * ${optimizer.nesterov ? `(g + ${momentum} * b)` : 'b'};`
    }
    case 'lion': {
      const [beta1, beta2] = optimizer.betas
      return `
    let m = exp_avg[i];
    parameters[i] = p * step.decay - rate * sign(${wgslFloat(beta1)} * m + ${wgslFloat(1 - beta1)} * g);
    exp_avg[i] = ${wgslFloat(beta2)} * m + ${wgslFloat(1 - beta2)} * g;`
    }
    case 'muon': {
      if (stage === 'apply') return `parameters[i] = p * step.decay - rate * ${wgslFloat(factor)} * gradients[i];`
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
      const rate = own ? 'rate' : 'unbias * adamw_rate'
      return `${optimizer.type === 'adam' && optimizer.weightDecay !== 0 ? `g += ${weightDecay} * p;` : ''}
    ${own ? '' : `let adamw_rate = rate * ${wgslFloat(rateRatio)};`}
    let m = exp_avg[i] + ${wgslFloat(1 - beta1)} * (g - exp_avg[i]);
    let v = ${wgslFloat(beta2)} * exp_avg_sq[i] + ${wgslFloat(1 - beta2)} * g * g;
    exp_avg[i] = m;
    exp_avg_sq[i] = v;
    let denominator = sqrt(v) * correction + ${wgslFloat(optimizer.eps)};
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
    { name: 'guard', element: 'i32' },
  ]
  for (const name of states) operands.push({ name, element: 'vec4f' })
  return {
    name: `fused-vec4f`,
    operands,
    usesStep: true,
    workgroups,
    code: /* wgsl */ `
@compute @workgroup_size(${WORKGROUP_SIZE})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  if (guard[${GUARD_WORDS.verdict}] != 0) { return; }
  let first = ${linearGroup(workgroups)} * ${perGroup}u + lane;
  let factor = bitcast<f32>(guard[${GUARD_WORDS.factor}]);
  let rate = bitcast<f32>(guard[${GUARD_WORDS.rate}]);
  let correction = bitcast<f32>(guard[${GUARD_WORDS.correction}]);
  let unbias = bitcast<f32>(guard[${GUARD_WORDS.unbias}]);
  for (var item = 0u; item < ${ITEMS}u; item++) {
    let i = first + item * ${WORKGROUP_SIZE}u;
    if (i >= ${items}u) { break; }
    var g = gradients[i] * factor;
    let p = parameters[i];
    ${statements(rule)}
  }
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
      { name: 'guard', element: 'i32' },
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
  if (i >= ${range.length}u || !(weight > 0.0) || guard[${GUARD_WORDS.verdict}] != 0) { return; }
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
