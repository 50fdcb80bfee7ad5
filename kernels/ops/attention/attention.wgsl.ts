/**
 * Attention with an invocation per query and head: a first walk over the keys finds the row's log-sum online, a second
 * adds up the values. No limits on any size; `tile.wgsl.ts` is faster where it fits.
 */
import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { THREEFRY_WGSL } from '../../random/threefry.wgsl.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { type AttentionAttributes, type AttentionSizes, masksPerHead } from './types.ts'

/** Module-scope WGSL: the factor on the weight of a key for a query, `keep(...)`. */
export function keepFunction(sizes: AttentionSizes, { dropout, firstSample = 0 }: AttentionAttributes): string {
  if (dropout === null) return 'fn keep(sample: u32, head: u32, query: u32, key: u32) -> f32 { return 1.0; }'
  const { length } = sizes
  const perHead = masksPerHead(sizes)
  return /* wgsl */ `${THREEFRY_WGSL}
fn keep(sample: u32, head: u32, query: u32, key: u32) -> f32 {
  let mask_key = threefry(vec2u(step.seed, ${dropout.layer}u), vec2u(step.step, ${perHead ? 'head' : '0u'}));
  let bits = threefry(mask_key, vec2u(sample + ${firstSample}u + step.sampleOffset, ${perHead ? 'query' : `(head * ${length}u + query)`} * ${length}u + key));
  return select(${wgslFloat(1 / (1 - dropout.p))}, 0.0, unit_float(bits.x) < ${wgslFloat(dropout.p)});
}`
}

/** Module-scope WGSL: `score(query, key)`, places in `qkv`, and `keep(...)`. */
export function attentionFunctions(sizes: AttentionSizes, attributes: AttentionAttributes): string {
  const { depth, operands } = sizes
  const [q, k] = [loaded(operands, 1, 'qkv[query + d]'), loaded(operands, 1, 'qkv[key + d]')]
  return /* wgsl */ `${keepFunction(sizes, attributes)}
fn score(query: u32, key: u32) -> f32 {
  let depth = ${loopBound(depth, 'qkv')};
  var sum = 0.0;
  for (var d = 0u; d < depth; d++) { sum += ${q} * ${k}; }
  return sum * ${wgslFloat(1 / Math.sqrt(depth))};
}`
}

/** `t`, `h`, `sample` of invocation `i`, and the places of its row in `qkv` and in the output. */
export function rowOf({ length, width, heads, depth }: AttentionSizes): string {
  return /* wgsl */ `
  let t = i % ${length}u;
  let h = i / ${length}u % ${heads}u;
  let sample = i / ${length * heads}u;
  let first = sample * ${length * 3 * width}u + h * ${depth}u;
  let own = first + t * ${3 * width}u;
  let out = (sample * ${length}u + t) * ${width}u + h * ${depth}u;
  let depth = ${loopBound(depth, 'qkv')};`
}

export function attentionVariant(sizes: AttentionSizes, attributes: AttentionAttributes): KernelVariant {
  const { batch, length, width, heads, operands } = sizes
  return eachVariant({
    name: 'query-per-thread',
    count: batch * heads * length,
    operands: [{ name: 'qkv', element: storedAs(operands, 1) }, ...floats('y', 'log_sums')],
    usesStep: attributes.dropout !== null,
    functions: attentionFunctions(sizes, attributes),
    body: /* wgsl */ `
  ${rowOf(sizes)}
  var top = -3.0e38;
  var total = 0.0;
  for (var j = 0u; j <= t; j++) {
    let s = score(own, first + ${width}u + j * ${3 * width}u);
    if (s > top) { total = total * exp(top - s) + 1.0; top = s; } else { total += exp(s - top); }
  }
  let log_sum = top + log(total);
  log_sums[i] = log_sum;
  for (var d = 0u; d < depth; d++) { y[out + d] = 0.0; }
  for (var j = 0u; j <= t; j++) {
    let key = first + ${width}u + j * ${3 * width}u;
    let p = exp(score(own, key) - log_sum) * keep(sample, h, t, j);
    for (var d = 0u; d < depth; d++) { y[out + d] += p * ${loaded(operands, 1, `qkv[key + ${width}u + d]`)}; }
  }`,
  })
}
