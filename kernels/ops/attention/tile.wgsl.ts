/**
 * Attention by tiles of queries (Dao et al., FlashAttention): a workgroup takes one head of one sample and as many
 * queries side by side as it has lanes, each lane its query and its sum of values in registers. All lanes walk the same
 * keys, so a key and its value are loaded once for all of them; weights beyond a lane's own position are zero. Where the
 * device has subgroups of one size, lanes load them by turns (`dealt.wgsl.ts`).
 *
 * Softmax is online, four keys at a time: one correction of the sums for four keys.
 */
import { type DeviceCaps, fixedSubgroupSize } from '../../device/caps.ts'
import { linearGrid, linearGroup, loopBound, wgslFloat } from '../../plan/wgsl.ts'
import { deal } from '../dealt.wgsl.ts'
import { loaded, storedAs } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { keepFunction } from './attention.wgsl.ts'
import type { AttentionAttributes, AttentionSizes } from './types.ts'

/** As many as a software adapter computes at once. */
const CPU_LANES = 8
const GPU_LANES = 32
/** A lane holds whole rows of a head: beyond this it would spill even where registers are many. */
const MAX_DEPTH = 64

export interface TileShape {
  readonly lanes: number
  /** `lanes` are a subgroup, which deals out what all of them need. */
  readonly dealt: boolean
}

export interface AttentionTile {
  readonly grid: readonly [number, number, number]
  /** WGSL that sets `tile`, `h`, `sample`, `t` and the places of rows; `quads` is the depth in vec4s. */
  readonly prologue: string
  readonly quads: readonly number[]
}

/** Best guess first; none where rows of a head are no whole vec4s, or too long for registers. */
export function tileShapes({ depth }: AttentionSizes, caps: DeviceCaps): TileShape[] {
  if (depth % 4 !== 0 || depth > MAX_DEPTH) return []
  const alone = { lanes: caps.kind === 'cpu' ? CPU_LANES : GPU_LANES, dealt: false }
  const subgroup = fixedSubgroupSize(caps)
  if (subgroup === null) return [alone]
  const dealt = { lanes: subgroup, dealt: true }
  return caps.kind === 'cpu' ? [dealt, alone] : [alone, dealt]
}

export function attentionTile({ batch, length, width, heads, depth }: AttentionSizes, { lanes }: TileShape): AttentionTile {
  const tiles = Math.ceil(length / lanes)
  const grid = linearGrid(batch * heads * tiles)
  return {
    grid,
    quads: Array.from({ length: depth / 4 }, (_, i) => i),
    prologue: /* wgsl */ `
  let index = ${linearGroup(grid)};
  if (index >= ${batch * heads * tiles}u) { return; }
  let tile = index % ${tiles}u;
  let h = index / ${tiles}u % ${heads}u;
  let sample = index / ${tiles * heads}u;
  // Lanes beyond the last position do its work again and write the same bits.
  let t = min(tile * ${lanes}u + lane, ${length - 1}u);
  let first = (sample * ${length * 3 * width}u + h * ${depth}u) / 4u;
  let own = first + t * ${(3 * width) / 4}u;
  let out = ((sample * ${length}u + t) * ${width}u + h * ${depth}u) / 4u;
  let length = ${loopBound(length, 'qkv')};`,
  }
}

/** What of a kernel's text says that its lanes are a subgroup. */
export function tileFrame({ lanes, dealt }: TileShape) {
  return {
    name: `${dealt ? 'subgroup' : 'tile'}-${lanes}`,
    ...(dealt ? { enable: ['subgroups'] } : {}),
    head: /* wgsl */ `@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(${dealt ? 'subgroup_invocation_id' : 'local_invocation_index'}) lane: u32) {`,
  }
}

export function attentionTileVariant(sizes: AttentionSizes, attributes: AttentionAttributes, shape: TileShape): KernelVariant {
  const { operands, length, width, heads, depth } = sizes
  const load = (place: string) => loaded(operands, 4, `qkv[${place}]`)
  const { grid, prologue, quads } = attentionTile(sizes, shape)
  const { lanes, dealt } = shape
  const { head, ...frame } = tileFrame(shape)
  const row = (3 * width) / 4
  const keys = length % 4 === 0 ? [0, 1, 2, 3] : [0]
  const count = keys.length * quads.length
  const place = (number: string) => `${number} / ${quads.length}u * ${row}u + ${number} % ${quads.length}u`
  const dealtKeys = deal('key', lanes, count, place, (at) => load(`key + ${at}`))
  const dealtValues = deal('value', lanes, count, place, (at) => load(`key + ${width / 4}u + ${at}`))
  const keyOf = (k: number, i: number) => (dealt ? dealtKeys.value(k * quads.length + i) : load(`key + ${k * row + i}u`))
  const valueAt = (k: number, i: number) => (dealt ? dealtValues.value(k * quads.length + i) : load(`key + ${k * row + width / 4 + i}u`))
  const scores = keys.map((k) => {
    const product = quads.map((i) => `q${i} * ${keyOf(k, i)}`).join(' + ')
    return `let product${k} = ${product}; let s${k} = select(-3.0e38, dot(product${k}, vec4f(1.0)), j + ${k}u <= t);`
  })
  const highest = keys.reduce((best, k) => `max(${best}, s${k})`, 'top')
  return {
    ...frame,
    operands: [
      { name: 'qkv', element: storedAs(operands, 4) },
      { name: 'y', element: 'vec4f' },
      { name: 'log_sums', element: 'f32' },
    ],
    usesStep: attributes.dropout !== null,
    workgroups: grid,
    code: /* wgsl */ `
${keepFunction(sizes, attributes)}
${head}
  ${prologue}
  ${dealt ? dealtKeys.numbers.join('\n  ') : ''}
  ${dealt ? dealtValues.numbers.join('\n  ') : ''}
  ${quads.map((i) => `let q${i} = ${load(`own + ${i}u`)} * ${wgslFloat(1 / Math.sqrt(depth))}; var sum${i} = vec4f(0.0);`).join(' ')}
  var top = -3.0e38;
  var total = 0.0;
  let end = min((tile + 1u) * ${lanes}u, length);
  for (var j = 0u; j < end; j += ${keys.length}u) {
    let key = first + ${width / 4}u + j * ${row}u;
    ${dealt ? [...dealtKeys.loads, ...dealtValues.loads].join('\n    ') : ''}
    ${scores.join('\n    ')}
    let next = ${highest};
    let fix = exp(top - next);
    top = next;
    ${keys.map((k) => `let p${k} = select(0.0, exp(s${k} - next), j + ${k}u <= t);`).join(' ')}
    total = total * fix + (${keys.map((k) => `p${k}`).join(' + ')});
    ${keys.map((k) => `let kept${k} = p${k} * keep(sample, h, t, j + ${k}u);`).join(' ')}
    ${quads.map((i) => `sum${i} = sum${i} * fix + (${keys.map((k) => `kept${k} * ${valueAt(k, i)}`).join(' + ')});`).join('\n    ')}
  }
  log_sums[(sample * ${heads}u + h) * ${length}u + t] = top + log(total);
  ${quads.map((i) => `y[out + ${i}u] = sum${i} / total;`).join(' ')}
}`,
  }
}
