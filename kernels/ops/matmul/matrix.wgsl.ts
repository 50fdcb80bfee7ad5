/**
 * Matmul on a GPU's matrix units (`chromium_experimental_subgroup_matrix`: tensor cores and their like): f16 operands, f32
 * sums. A workgroup computes a tile of C; its subgroups share the tile, each with a few matrices of sums in registers. Slices
 * of A and B are staged in workgroup memory, with zeros beyond the edges, so that no size need be a multiple of anything and
 * the units never read beyond an array. Sums go through workgroup memory once more, because single elements of a matrix
 * cannot be reached: there bias, residual and activation are applied, and what lies beyond the edge is left out.
 *
 * An operand is staged as it lies in memory, along its contiguous dimension; the units load rows or columns, as the form
 * needs, so there is no transposition.
 *
 * NOT YET RUN on hardware: no machine that this was written on has matrix units. Dawn's null backend compiles these kernels
 * for several configurations; everything around the four builtins (tiles, staging, padding, epilogue) is executed in
 * tests with the builtins written out in scalar WGSL (`MatrixDialect`). So they are `unproved`: a device that has the units
 * takes one only after it has computed rightly there.
 */
import type { DeviceCaps, SubgroupMatrix } from '../../device/caps.ts'
import { activateFunction } from '../activation.ts'
import { storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { matmulOperands, withExtras } from './plain.wgsl.ts'
import { MAX_ROW_GROUPS, range, stripGrid } from './strip.wgsl.ts'
import type { MatmulAttributes, MatmulExtras, MatmulSizes } from './types.ts'

/** A workgroup's share: `rows` x `columns` of C in slices of `depth`, dealt out to a grid of subgroups. */
export interface MatrixTile {
  readonly rows: number
  readonly columns: number
  readonly depth: number
  readonly subgroupRows: number
  readonly subgroupColumns: number
}

/** Onnxruntime's and llama.cpp's sizes; which is faster where is measured. */
export const MATRIX_TILES: readonly MatrixTile[] = [
  { rows: 128, columns: 128, depth: 32, subgroupRows: 4, subgroupColumns: 2 },
  { rows: 64, columns: 64, depth: 32, subgroupRows: 2, subgroupColumns: 2 },
]

/** Halves between staged rows, so that rows do not begin in one memory bank. A multiple of 16 bytes, which loads may want. */
const PADDING = 8

/** How the units are spoken to. Tests speak to scalar functions of the same meaning. */
export interface MatrixDialect {
  readonly enable: readonly string[]
  /** Module-scope WGSL; `stage_a`, `stage_b` (arrays of f16) and `sums_out` (of f32) are declared. */
  readonly functions: string
  /** Lanes of a subgroup. */
  readonly lanes: number
  /** In front of `fn main`; more parameters of it; statements that set `subgroup` (its number in the workgroup) and `lane` (in it). */
  readonly attributes: string
  readonly parameters: string
  readonly prologue: string
  /** Type of a matrix of sums, which starts as zeros. */
  readonly sums: string
  load(side: 'left' | 'right', offset: string, stride: number, order: 'row_major' | 'col_major'): string
  multiplyAdd(left: string, right: string, sums: string): string
  /** Statement that writes sums to `sums_out`, row by row without gaps. */
  store(offset: string, sums: string): string
}

/** The builtins themselves. `lanes`: a size that the device runs; `fixed`: it may run others too and must be told. */
export function subgroupDialect({ m, n, k }: SubgroupMatrix, lanes: number, fixed: boolean): MatrixDialect {
  const types = { left: `subgroup_matrix_left<f16, ${k}, ${m}>`, right: `subgroup_matrix_right<f16, ${n}, ${k}>` }
  const stages = { left: 'stage_a', right: 'stage_b' }
  return {
    enable: ['subgroups', ...(fixed ? ['subgroup_size_control'] : []), 'chromium_experimental_subgroup_matrix'],
    functions: '',
    lanes,
    attributes: fixed ? `@subgroup_size(${lanes})` : '',
    parameters: ', @builtin(subgroup_id) subgroup: u32, @builtin(subgroup_invocation_id) lane: u32',
    prologue: '',
    sums: `subgroup_matrix_result<f32, ${n}, ${m}>`,
    load: (side, offset, stride, order) => `subgroupMatrixLoad<${types[side]}, ${order}>(&${stages[side]}, ${offset}, ${stride}u)`,
    multiplyAdd: (left, right, sums) => `subgroupMatrixMultiplyAccumulate(${left}, ${right}, ${sums})`,
    store: (offset, sums) => `subgroupMatrixStore<row_major>(&sums_out, ${offset}, ${sums}, ${n}u);`,
  }
}

/** Variants for every configuration of the device's units, the largest first; none where there are no such units. */
export function matrixVariants(
  sizes: MatmulSizes,
  attributes: MatmulAttributes,
  extras: MatmulExtras,
  caps: DeviceCaps,
  tiles: readonly MatrixTile[] = MATRIX_TILES,
): KernelVariant[] {
  const lanes = caps.subgroupMaxSize
  const fixed = caps.subgroupMinSize !== lanes
  // Where the size of a subgroup varies and cannot be told, its number in the workgroup means nothing.
  if (extras.operands !== 'f16' || !caps.f16 || !caps.subgroups || lanes === 0 || (fixed && !caps.subgroupSizeControl)) return []
  const largestFirst = [...caps.subgroupMatrices].sort((a, b) => b.m * b.n * b.k - a.m * a.n * a.k)
  return largestFirst.flatMap((matrix) =>
    tiles
      .filter((tile) => tileFits(tile, matrix, lanes, attributes, caps))
      .map((tile) => unproved(matrixVariant(tile, matrix, subgroupDialect(matrix, lanes, fixed), sizes, attributes, extras))),
  )
}

const unproved = (variant: KernelVariant): KernelVariant => ({ ...variant, unproved: true })

function tileFits(tile: MatrixTile, { m, n, k }: SubgroupMatrix, lanes: number, attributes: MatmulAttributes, caps: DeviceCaps): boolean {
  const whole = tile.rows % (m * tile.subgroupRows) === 0 && tile.columns % (n * tile.subgroupColumns) === 0 && tile.depth % k === 0
  const { a, b } = layoutOf(tile, attributes)
  const subgroups = tile.subgroupRows * tile.subgroupColumns
  const bytes = 2 * (a.elements + b.elements) + 4 * subgroups * m * n
  return whole && subgroups * lanes <= caps.maxInvocationsPerWorkgroup && bytes <= caps.maxWorkgroupStorageBytes
}

/** How a slice of an operand lies in workgroup memory: lines along the operand's contiguous dimension. */
interface Staged {
  readonly contiguous: 'k' | 'outer'
  readonly length: number
  readonly lines: number
  readonly stride: number
  readonly elements: number
}

function layoutOf({ rows, columns, depth }: MatrixTile, { form }: Pick<MatmulAttributes, 'form'>): { readonly a: Staged; readonly b: Staged } {
  const staged = (contiguous: 'k' | 'outer', outer: number): Staged => {
    const [length, lines] = contiguous === 'k' ? [depth, outer] : [outer, depth]
    return { contiguous, length, lines, stride: length + PADDING, elements: lines * (length + PADDING) }
  }
  return { a: staged(form === 'TN' ? 'outer' : 'k', rows), b: staged(form === 'NT' ? 'k' : 'outer', columns) }
}

export function matrixVariant(
  tile: MatrixTile,
  matrix: SubgroupMatrix,
  dialect: MatrixDialect,
  sizes: MatmulSizes,
  attributes: MatmulAttributes,
  extras: MatmulExtras,
): KernelVariant {
  const { m, n, k } = sizes
  const { form, activation } = attributes
  const subgroups = tile.subgroupRows * tile.subgroupColumns
  const threads = subgroups * dialect.lanes
  const { a, b } = layoutOf(tile, attributes)
  const widthA = (a.contiguous === 'k' ? k : m) % 4 === 0 ? 4 : 1
  const widthB = (b.contiguous === 'k' ? k : n) % 4 === 0 ? 4 : 1
  const [ownRows, ownColumns] = [tile.rows / tile.subgroupRows, tile.columns / tile.subgroupColumns]
  const [down, across] = [range(ownRows / matrix.m), range(ownColumns / matrix.n)]
  const area = matrix.m * matrix.n

  const left = (i: number): string => {
    const row = `(own_row + ${i * matrix.m}u)`
    return form === 'TN'
      ? dialect.load('left', `p * ${a.stride}u + ${row}`, a.stride, 'col_major')
      : dialect.load('left', `${row} * ${a.stride}u + p`, a.stride, 'row_major')
  }
  const right = (j: number): string => {
    const column = `(own_column + ${j * matrix.n}u)`
    return form === 'NT'
      ? dialect.load('right', `${column} * ${b.stride}u + p`, b.stride, 'col_major')
      : dialect.load('right', `p * ${b.stride}u + ${column}`, b.stride, 'row_major')
  }
  const lines: string[] = []
  for (const i of down) for (const j of across) lines.push(`var sums${i}_${j}: ${dialect.sums};`)
  lines.push(`for (var slice = 0u; slice < ${k}u; slice += ${tile.depth}u) {`)
  lines.push(stage('a', a, widthA, threads, { outer: m, k }), stage('b', b, widthB, threads, { outer: n, k }), 'workgroupBarrier();')
  lines.push(`for (var p = 0u; p < ${tile.depth}u; p += ${matrix.k}u) {`)
  for (const i of down) lines.push(`let left${i} = ${left(i)};`)
  for (const j of across) lines.push(`let right${j} = ${right(j)};`)
  for (const i of down) for (const j of across) lines.push(`sums${i}_${j} = ${dialect.multiplyAdd(`left${i}`, `right${j}`, `sums${i}_${j}`)};`)
  lines.push('}', 'workgroupBarrier();', '}')
  for (const i of down) {
    for (const j of across) {
      lines.push(dialect.store(`subgroup * ${area}u`, `sums${i}_${j}`), 'workgroupBarrier();')
      lines.push(`write_out(tile_row + own_row + ${i * matrix.m}u, tile_column + own_column + ${j * matrix.n}u, subgroup * ${area}u, lane);`)
      lines.push('workgroupBarrier();')
    }
  }
  const value = withExtras('sums_out[first + e]', extras, 'column', 'place')
  return {
    name: `matrix-${tile.rows}-${matrix.m}x${matrix.n}x${matrix.k}`,
    operands: matmulOperands(extras, { a: widthA, b: widthB, c: 1 }),
    enable: dialect.enable,
    workgroups: stripGrid(Math.ceil(n / tile.columns), Math.ceil(m / tile.rows)),
    code: /* wgsl */ `
${activateFunction(activation)}
${storeFunctions(extras.result)}
var<workgroup> stage_a: array<f16, ${a.elements}>;
var<workgroup> stage_b: array<f16, ${b.elements}>;
var<workgroup> sums_out: array<f32, ${subgroups * area}>;
${dialect.functions}
fn write_out(row0: u32, column0: u32, first: u32, lane: u32) {
  for (var e = lane; e < ${area}u; e += ${dialect.lanes}u) {
    let row = row0 + e / ${matrix.n}u;
    let column = column0 + e % ${matrix.n}u;
    if (row < ${m}u && column < ${n}u) {
      let place = row * ${n}u + column;
      c[place] = ${toStore(extras.result, 1, `activate(${value})`)};
    }
  }
}
@compute @workgroup_size(${threads}) ${dialect.attributes}
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) thread: u32${dialect.parameters}) {
  ${dialect.prologue}
  let tile_row = (group.y + group.z * ${MAX_ROW_GROUPS}u) * ${tile.rows}u;
  let tile_column = group.x * ${tile.columns}u;
  let own_row = subgroup / ${tile.subgroupColumns}u * ${ownRows}u;
  let own_column = subgroup % ${tile.subgroupColumns}u * ${ownColumns}u;
  ${lines.join('\n  ')}
}`,
  }
}

/** Statement that stages one slice of an operand, neighbouring threads reading along its contiguous dimension. */
function stage(name: 'a' | 'b', { contiguous, length, lines, stride }: Staged, width: 1 | 4, threads: number, limits: { outer: number; k: number }): string {
  const origin = name === 'a' ? 'tile_row' : 'tile_column'
  const [along, across] = contiguous === 'k' ? (['slice', origin] as const) : ([origin, 'slice'] as const)
  const [limitAlong, limitAcross] = contiguous === 'k' ? [limits.k, limits.outer] : [limits.outer, limits.k]
  const perLine = length / width
  const parts = width === 1 ? ['value'] : ['value.x', 'value.y', 'value.z', 'value.w']
  return /* wgsl */ `
    for (var e = thread; e < ${lines * perLine}u; e += ${threads}u) {
      let x = e % ${perLine}u * ${width}u;
      let y = e / ${perLine}u;
      var value = ${width === 1 ? 'f16(0.0)' : 'vec4h(0.0)'};
      if (${along} + x < ${limitAlong}u && ${across} + y < ${limitAcross}u) {
        value = ${name}[((${across} + y) * ${limitAlong}u + ${along} + x)${width === 1 ? '' : ' / 4u'}];
      }
      ${parts.map((part, i) => `stage_${name}[y * ${stride}u + x + ${i}u] = ${part};`).join(' ')}
    }`
}
