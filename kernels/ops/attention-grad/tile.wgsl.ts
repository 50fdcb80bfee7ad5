/**
 * Attention's gradient by tiles of positions: a workgroup takes one head of one sample, a lane one position, first as a query
 * walking over the keys before it, then as a key and value walking over the queries after it. All lanes walk together, so
 * what a step reads is loaded once for all; the other side of each product is held in registers.
 */
import { wgslFloat } from '../../plan/wgsl.ts'
import { keepFunction } from '../attention/attention.wgsl.ts'
import { attentionTile, type TileShape, tileFrame } from '../attention/tile.wgsl.ts'
import type { AttentionAttributes, AttentionSizes } from '../attention/types.ts'
import { deal } from '../dealt.wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'

export function attentionGradTileVariant(sizes: AttentionSizes, attributes: AttentionAttributes, shape: TileShape): KernelVariant {
  const { operands, length, width, heads, depth } = sizes
  const qkv = (place: string) => loaded(operands, 4, `qkv[${place}]`)
  const gradient = (place: string) => loaded(operands, 4, `gradient[${place}]`)
  const { grid, prologue, quads } = attentionTile(sizes, shape)
  const { lanes, dealt } = shape
  const { head, ...frame } = tileFrame(shape)
  const [part, row] = [width / 4, (3 * width) / 4]
  const scale = wgslFloat(1 / Math.sqrt(depth))
  const product = (term: (i: number) => string) => `dot(${quads.map(term).join(' + ')}, vec4f(1.0))`
  const each = (statement: (i: number) => string) => quads.map(statement).join(' ')
  const count = quads.length
  // First walk: keys, then values. Second: queries; gradients.
  const keyValues = deal(
    'key_value',
    lanes,
    2 * count,
    (number) => `${number} / ${count}u * ${part}u + ${number} % ${count}u`,
    (place) => qkv(`key + ${place}`),
  )
  const queries = deal(
    'query',
    lanes,
    count,
    (number) => number,
    (place) => qkv(`query + ${place}`),
  )
  const gradients = deal(
    'gradient',
    lanes,
    count,
    (number) => number,
    (place) => gradient(`query_out + ${place}`),
  )
  const whenDealt = (lines: readonly string[]) => (dealt ? lines.join('\n  ') : '')
  return {
    ...frame,
    operands: [
      { name: 'qkv', element: storedAs(operands, 4) },
      { name: 'gradient', element: storedAs(operands, 4) },
      { name: 'log_sums', element: 'f32' },
      { name: 'dots', element: 'f32' },
      { name: 'result', element: 'vec4f' },
    ],
    usesStep: attributes.dropout !== null,
    workgroups: grid,
    code: /* wgsl */ `
${keepFunction(sizes, attributes)}
${head}
  ${prologue}
  ${whenDealt([...keyValues.numbers, ...queries.numbers, ...gradients.numbers])}
  let sums = (sample * ${heads}u + h) * ${length}u;
  {
    ${each((i) => `let q${i} = ${qkv(`own + ${i}u`)}; let g${i} = ${gradient(`out + ${i}u`)}; var dq${i} = vec4f(0.0);`)}
    let log_sum = log_sums[sums + t];
    let own_dot = dots[(sample * ${length}u + t) * ${heads}u + h];
    let end = min((tile + 1u) * ${lanes}u, length);
    for (var j = 0u; j < end; j++) {
      let key = first + ${part}u + j * ${row}u;
      ${whenDealt(keyValues.loads)}
      ${each((i) => `let k${i} = ${dealt ? keyValues.value(i) : qkv(`key + ${i}u`)};`)}
      let s = ${product((i) => `q${i} * k${i}`)} * ${scale};
      let dp = ${product((i) => `g${i} * ${dealt ? keyValues.value(count + i) : qkv(`key + ${part + i}u`)}`)};
      let p = select(0.0, exp(s - log_sum), j <= t);
      let ds = p * (dp * keep(sample, h, t, j) - own_dot) * ${scale};
      ${each((i) => `dq${i} += ds * k${i};`)}
    }
    ${each((i) => `result[own + ${i}u] = dq${i};`)}
  }
  ${each((i) => `let k${i} = ${qkv(`own + ${part + i}u`)}; let v${i} = ${qkv(`own + ${2 * part + i}u`)}; var dk${i} = vec4f(0.0); var dv${i} = vec4f(0.0);`)}
  for (var u = tile * ${lanes}u; u < length; u++) {
    let query = first + u * ${row}u;
    let query_out = ((sample * ${length}u + u) * ${width}u + h * ${depth}u) / 4u;
    ${whenDealt([...queries.loads, ...gradients.loads])}
    ${each((i) => `let q${i} = ${dealt ? queries.value(i) : qkv(`query + ${i}u`)}; let g${i} = ${dealt ? gradients.value(i) : gradient(`query_out + ${i}u`)};`)}
    let s = ${product((i) => `q${i} * k${i}`)} * ${scale};
    let dp = ${product((i) => `g${i} * v${i}`)};
    let p = select(0.0, exp(s - log_sums[sums + u]), u >= t);
    let kept = keep(sample, h, u, t);
    let ds = p * (dp * kept - dots[(sample * ${length}u + u) * ${heads}u + h]) * ${scale};
    let weight = p * kept;
    ${each((i) => `dk${i} += ds * q${i}; dv${i} += weight * g${i};`)}
  }
  ${each((i) => `result[own + ${part + i}u] = dk${i}; result[own + ${2 * part + i}u] = dv${i};`)}
}`,
  }
}
