/**
 * Matmul through workgroup memory, for GPUs: a workgroup computes a square tile of C, staging slices of A and B that all
 * its threads read. 256 threads in a 16x16 grid own `perThread` x `perThread` outputs each.
 *
 * A thread's rows are split in groups of 4 that lie half a tile apart (columns likewise), so that neighbouring threads
 * read neighbouring vec4s of workgroup memory. Operands are read four at a time wherever their contiguous dimension is a
 * multiple of 4, and C is written so where its rows are. Elements outside the matrices are staged as zeros, so k need not be a
 * multiple of the slice, and sums run over k in ascending order.
 */
import type { DeviceCaps } from '../../device/caps.ts'
import { activateFunction } from '../activation.ts'
import { loaded, storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { leftIndex, leftInFours, matmulOperands, resultIndex, rightIndex, withExtras } from './plain.wgsl.ts'
import type { MatmulAttributes, MatmulExtras, MatmulSizes } from './types.ts'

export interface Tile {
  /** Outputs per side of a workgroup's tile. */
  readonly side: 64 | 128
  /** Depth of a staged slice. */
  readonly depth: number
}

const GRID = 16
const THREADS = GRID * GRID

export const TILE_64: Tile = { side: 64, depth: 16 }
export const TILE_128: Tile = { side: 128, depth: 8 }

export function tileFits({ side, depth }: Tile, caps: DeviceCaps): boolean {
  return caps.maxInvocationsPerWorkgroup >= THREADS && caps.maxWorkgroupStorageBytes >= 2 * side * depth * 4
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i)

/** How an operand lies in memory and is staged as `[p][i]`, p along k and i along the tile's rows or columns. */
interface Staged {
  readonly name: 'a' | 'b'
  readonly contiguous: 'k' | 'outer'
  /** Elements read at a time. */
  readonly width: 1 | 4
  /** Workgroup memory holds vec4s of neighbouring i: never written by parts, since two threads may share one. */
  readonly quads: boolean
}

function staged(name: 'a' | 'b', contiguous: 'k' | 'outer', contiguousLength: number, inFours = true): Staged {
  const width = contiguousLength % 4 === 0 && inFours ? 4 : 1
  return { name, contiguous, width, quads: contiguous === 'outer' && width === 4 }
}

/** Statement that stages one slice of an operand, neighbouring threads reading along its contiguous dimension. */
function stage({ name, contiguous, width, quads }: Staged, { side, depth }: Tile, limit: number, k: number, element: string): string {
  const along = (contiguous === 'k' ? depth : side) / width
  const origin = name === 'a' ? 'tile_row' : 'tile_column'
  const [fast, slow] = contiguous === 'k' ? ['p', 'i'] : ['i', 'p']
  const store = quads
    ? `stage_${name}[(p * ${side}u + i) / 4u] = value;`
    : width === 4
      ? range(4)
          .map((j) => `stage_${name}[(p + ${j}u) * ${side}u + i] = value[${j}];`)
          .join(' ')
      : `stage_${name}[p * ${side}u + i] = value;`
  return /* wgsl */ `
    for (var e = thread; e < ${(side * depth) / width}u; e += ${THREADS}u) {
      let ${fast} = e % ${along}u${width === 4 ? ' * 4u' : ''};
      let ${slow} = e / ${along}u;
      let outer = ${origin} + i;
      let inner = slice + p;
      var value = ${width === 4 ? 'vec4f(0.0)' : '0.0'};
      if (outer < ${limit}u && inner < ${k}u) { value = ${element}; }
      ${store}
    }`
}

export function tileVariant(tile: Tile, sizes: MatmulSizes, { form, activation }: MatmulAttributes, extras: MatmulExtras): KernelVariant {
  const { m, n, k } = sizes
  const { side, depth } = tile
  const perThread = side / GRID
  const quads = perThread / 4
  const left = form === 'TN' ? staged('a', 'outer', m, leftInFours(form, sizes)) : staged('a', 'k', k, leftInFours(form, sizes))
  const right = form === 'NT' ? staged('b', 'k', k) : staged('b', 'outer', n)
  const { cStride = n, cFirst = 0, accumulates = false } = sizes
  const width = n % 4 === 0 && cStride % 4 === 0 && cFirst % 4 === 0 ? 4 : 1
  // Offset of a thread's i-th row or column inside the tile: quads half a tile apart.
  const offset = (i: number, thread: string) => `${Math.floor(i / 4) * (side / quads)}u + ${thread} * 4u + ${i % 4}u`
  const quad = (q: number, thread: string) => `${q * (side / quads)}u + ${thread} * 4u`
  const loadQuad = ({ name, quads: wholeQuads }: Staged, q: number, thread: string) => {
    const at = (i: number) => `stage_${name}[base + ${quad(q, thread)} + ${i}u]`
    return `let ${name}${q} = ${wholeQuads ? `stage_${name}[(base + ${quad(q, thread)}) / 4u]` : `vec4f(${range(4).map(at).join(', ')})`};`
  }
  const element = ({ name, width }: Staged, index: string) => loaded(extras.operands, width, `${name}[${width === 4 ? `(${index}) / 4u` : index}]`)

  const lines: string[] = []
  for (const r of range(perThread))
    for (const q of range(quads))
      lines.push(`var sum${r}_${q} = ${accumulates ? `read_quad(tile_row + ${offset(r, 'ty')}, tile_column + ${quad(q, 'tx')})` : 'vec4f(0.0)'};`)
  lines.push(`for (var slice = 0u; slice < ${k}u; slice += ${depth}u) {`)
  lines.push(stage(left, tile, m, k, element(left, leftIndex(form, sizes, 'outer', 'inner'))))
  lines.push(stage(right, tile, n, k, element(right, rightIndex(form, sizes, 'inner', 'outer'))))
  lines.push('workgroupBarrier();', `for (var p = 0u; p < ${depth}u; p++) {`, `let base = p * ${side}u;`)
  for (const q of range(quads)) lines.push(loadQuad(left, q, 'ty'), loadQuad(right, q, 'tx'))
  for (const r of range(perThread)) {
    for (const q of range(quads)) lines.push(`sum${r}_${q} += a${Math.floor(r / 4)}[${r % 4}] * b${q};`)
  }
  lines.push('}', 'workgroupBarrier();', '}')
  for (const r of range(perThread)) {
    lines.push(`{ let row = tile_row + ${offset(r, 'ty')};`, `if (row < ${m}u) {`)
    for (const q of range(quads)) lines.push(`write_quad(row, tile_column + ${quad(q, 'tx')}, sum${r}_${q});`)
    lines.push('} }')
  }
  const columnGroups = Math.ceil(n / side)
  const rowGroups = Math.ceil(m / side)
  return {
    name: `tile-${side}`,
    operands: matmulOperands(extras, { a: left.width, b: right.width, c: width }),
    workgroups: [columnGroups, Math.min(rowGroups, MAX_ROW_GROUPS), Math.ceil(rowGroups / MAX_ROW_GROUPS)],
    code: /* wgsl */ `
${activateFunction(activation)}
${storeFunctions(extras.result)}
var<workgroup> stage_a: array<${left.quads ? `vec4f, ${(side * depth) / 4}` : `f32, ${side * depth}`}>;
var<workgroup> stage_b: array<${right.quads ? `vec4f, ${(side * depth) / 4}` : `f32, ${side * depth}`}>;
${accumulates ? readQuad(sizes, width, extras) : ''}
${writeQuad(sizes, width, extras)}
@compute @workgroup_size(${GRID}, ${GRID})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_id) local: vec3u, @builtin(local_invocation_index) thread: u32) {
  let tx = local.x;
  let ty = local.y;
  let tile_row = (group.y + group.z * ${MAX_ROW_GROUPS}u) * ${side}u;
  let tile_column = group.x * ${side}u;
  ${lines.join('\n  ')}
}`,
  }
}

/** `write_quad(row, column, sums)`: four outputs side by side, as many of them as there are. */
function writeQuad(sizes: MatmulSizes, width: 1 | 4, extras: MatmulExtras): string {
  const { n } = sizes
  if (width === 4) {
    const value = withExtras('sums', extras, 'column / 4u', 'place')
    return /* wgsl */ `fn write_quad(row: u32, column: u32, sums: vec4f) {
  if (column >= ${n}u) { return; }
  let place = (${resultIndex(sizes, 'row', 'column')}) / 4u;
  let x = ${value};
  c[place] = ${toStore(extras.result, 4, 'vec4f(activate(x.x), activate(x.y), activate(x.z), activate(x.w))')};
}`
  }
  const value = withExtras('sums[i]', extras, 'column + i', 'place')
  return /* wgsl */ `fn write_quad(row: u32, column: u32, sums: vec4f) {
  for (var i = 0u; i < 4u && column + i < ${n}u; i++) {
    let place = ${resultIndex(sizes, 'row', 'column')} + i;
    c[place] = ${toStore(extras.result, 1, `activate(${value})`)};
  }
}`
}

/** `read_quad(row, column)`: the sums so far that `write_quad` would write. */
function readQuad(sizes: MatmulSizes, width: 1 | 4, { result }: MatmulExtras): string {
  const { m, n } = sizes
  const place = resultIndex(sizes, 'row', 'column')
  return /* wgsl */ `fn read_quad(row: u32, column: u32) -> vec4f {
  var sums = vec4f(0.0);
  if (row >= ${m}u || column >= ${n}u) { return sums; }
  ${
    width === 4
      ? `sums = ${loaded(result, 4, `c[(${place}) / 4u]`)};`
      : `for (var i = 0u; i < 4u && column + i < ${n}u; i++) { sums[i] = ${loaded(result, 1, `c[${place} + i]`)}; }`
  }
  return sums;
}`
}

const MAX_ROW_GROUPS = 65_535
