import { loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { attentionFunctions, rowOf } from '../attention/attention.wgsl.ts'
import type { AttentionAttributes, AttentionSizes } from '../attention/types.ts'
import { eachVariant, floats } from '../each.wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'

/** An invocation per position and head: first as a query, over the keys before it, then as a key, over the queries after it. */
export function attentionGradVariant(sizes: AttentionSizes, attributes: AttentionAttributes): KernelVariant {
  const { operands, batch, length, width, heads, depth } = sizes
  const qkv = (place: string) => loaded(operands, 1, `qkv[${place}]`)
  const gradient = (place: string) => loaded(operands, 1, `gradient[${place}]`)
  const row = 3 * width
  return eachVariant({
    name: 'position-per-thread',
    count: batch * heads * length,
    operands: [{ name: 'qkv', element: storedAs(operands, 1) }, { name: 'gradient', element: storedAs(operands, 1) }, ...floats('log_sums', 'dots', 'result')],
    usesStep: attributes.dropout !== null,
    functions: /* wgsl */ `${attentionFunctions(sizes, attributes)}
fn value_dot(gradient_row: u32, value: u32) -> f32 {
  let depth = ${loopBound(depth, 'qkv')};
  var sum = 0.0;
  for (var d = 0u; d < depth; d++) { sum += ${gradient('gradient_row + d')} * ${qkv('value + d')}; }
  return sum;
}`,
    body: /* wgsl */ `
  ${rowOf(sizes)}
  for (var d = 0u; d < depth; d++) { result[own + d] = 0.0; result[own + ${width}u + d] = 0.0; result[own + ${2 * width}u + d] = 0.0; }
  let log_sum = log_sums[i];
  let dot = dots[(sample * ${length}u + t) * ${heads}u + h];
  for (var j = 0u; j <= t; j++) {
    let key = first + ${width}u + j * ${row}u;
    let p = exp(score(own, key) - log_sum);
    let ds = p * (value_dot(out, key + ${width}u) * keep(sample, h, t, j) - dot) * ${wgslFloat(1 / Math.sqrt(depth))};
    for (var d = 0u; d < depth; d++) { result[own + d] += ds * ${qkv('key + d')}; }
  }
  let length = ${loopBound(length, 'qkv')};
  for (var u = t; u < length; u++) {
    let query = first + u * ${row}u;
    let query_out = (sample * ${length}u + u) * ${width}u + h * ${depth}u;
    let p = exp(score(query, own + ${width}u) - log_sums[i - t + u]);
    let kept = keep(sample, h, u, t);
    let query_dot = dots[(sample * ${length}u + u) * ${heads}u + h];
    let ds = p * (value_dot(query_out, own + ${2 * width}u) * kept - query_dot) * ${wgslFloat(1 / Math.sqrt(depth))};
    for (var d = 0u; d < depth; d++) {
      result[own + ${width}u + d] += ds * ${qkv('query + d')};
      result[own + ${2 * width}u + d] += p * kept * ${gradient('query_out + d')};
    }
  }`,
  })
}
