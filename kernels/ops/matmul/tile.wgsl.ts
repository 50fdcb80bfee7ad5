/**
 * Matmul through workgroup memory, for GPUs: a workgroup computes a square tile of C, staging slices of A and B that all
 * its threads read. 256 threads in a 16x16 grid own `perThread` x `perThread` outputs each.
 *
 * A thread's rows are split in groups of 4 that lie half a tile apart (columns likewise), so that neighbouring threads
 * read neighbouring vec4s of workgroup memory. Elements outside the matrices are staged as zeros, so k need not be a
 * multiple of the slice, and sums run over k in ascending order.
 */
import type { DeviceCaps } from '../../device/caps.ts'
import { activateFunction } from '../activation.ts'
import { loaded, storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { leftIndex, matmulOperands, rightIndex, withExtras } from './plain.wgsl.ts'
import type { MatmulAttributes, MatmulExtras, MatmulForm, MatmulSizes } from './types.ts'

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

/** Statement that stages one slice of an operand as `store[p][i]`, neighbouring threads reading along its contiguous dimension. */
function stage(name: 'a' | 'b', contiguous: 'k' | 'outer', { side, depth }: Tile, limit: number, k: number, element: string): string {
  const along = contiguous === 'k' ? depth : side
  const [fast, slow] = contiguous === 'k' ? ['p', 'i'] : ['i', 'p']
  const origin = name === 'a' ? 'tile_row' : 'tile_column'
  return /* wgsl */ `
    for (var e = thread; e < ${side * depth}u; e += ${THREADS}u) {
      let ${fast} = e % ${along}u;
      let ${slow} = e / ${along}u;
      let outer = ${origin} + i;
      let inner = slice + p;
      var value = 0.0;
      if (outer < ${limit}u && inner < ${k}u) { value = ${element}; }
      stage_${name}[p * ${side}u + i] = value;
    }`
}

export function tileVariant(tile: Tile, sizes: MatmulSizes, { form, activation }: MatmulAttributes, extras: MatmulExtras): KernelVariant {
  const { m, n, k } = sizes
  const { side, depth } = tile
  const perThread = side / GRID
  const quads = perThread / 4
  const aContiguous: Record<MatmulForm, 'k' | 'outer'> = { NN: 'k', NT: 'k', TN: 'outer' }
  const bContiguous: Record<MatmulForm, 'k' | 'outer'> = { NN: 'outer', NT: 'k', TN: 'outer' }
  // Offset of a thread's i-th row or column inside the tile: quads half a tile apart.
  const offset = (i: number, thread: string) => `${Math.floor(i / 4) * (side / quads)}u + ${thread} * 4u + ${i % 4}u`
  const quad = (q: number, thread: string) => `${q * (side / quads)}u + ${thread} * 4u`
  const loadQuad = (name: 'a' | 'b', q: number, thread: string) => {
    const at = (i: number) => `stage_${name}[base + ${quad(q, thread)} + ${i}u]`
    return `let ${name}${q} = vec4f(${range(4).map(at).join(', ')});`
  }

  const left = loaded(extras.operands, 1, `a[${leftIndex(form, sizes, 'outer', 'inner')}]`)
  const right = loaded(extras.operands, 1, `b[${rightIndex(form, sizes, 'inner', 'outer')}]`)
  const lines: string[] = []
  for (const r of range(perThread)) for (const q of range(quads)) lines.push(`var sum${r}_${q} = vec4f(0.0);`)
  lines.push(`for (var slice = 0u; slice < ${k}u; slice += ${depth}u) {`)
  lines.push(stage('a', aContiguous[form], tile, m, k, left))
  lines.push(stage('b', bContiguous[form], tile, n, k, right))
  lines.push('workgroupBarrier();', `for (var p = 0u; p < ${depth}u; p++) {`, `let base = p * ${side}u;`)
  for (const q of range(quads)) lines.push(loadQuad('a', q, 'ty'), loadQuad('b', q, 'tx'))
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
    operands: matmulOperands(extras),
    workgroups: [columnGroups, Math.min(rowGroups, MAX_ROW_GROUPS), Math.ceil(rowGroups / MAX_ROW_GROUPS)],
    code: /* wgsl */ `
${activateFunction(activation)}
${storeFunctions(extras.result)}
var<workgroup> stage_a: array<f32, ${side * depth}>;
var<workgroup> stage_b: array<f32, ${side * depth}>;
fn write_quad(row: u32, column: u32, sums: vec4f) {
  for (var i = 0u; i < 4u; i++) {
    if (column + i < ${n}u) { c[row * ${n}u + column + i] = ${toStore(extras.result, 1, `activate(${withExtras('sums[i]', extras, 'column + i', `row * ${n}u + column + i`)})`)}; }
  }
}
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

const MAX_ROW_GROUPS = 65_535
