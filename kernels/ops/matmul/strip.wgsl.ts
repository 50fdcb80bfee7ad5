/**
 * Matmul without workgroup memory or barriers, for software adapters: an invocation keeps a block of outputs in
 * registers, lanes lie side by side along the columns, and the rows of a workgroup are the same for all its lanes.
 *
 * What such a driver pays for is loads (a bounds-checked gather per component and lane), hardly arithmetic: so the block
 * is near square, and operands are read as vec4 wherever the contiguous dimension is a multiple of 4. Measured on
 * lavapipe 25.0 (2 threads, 26 MFLOP products): one output per invocation 2 GFLOPS, 64x64 workgroup tile 4 to 8, these
 * strips 12 to 14. Unrolling further along k makes it slower (spills).
 *
 * Sums run over k in ascending order per output, whatever the block: splitting rows or columns changes no bits.
 *
 * Rows and columns beyond the edge are clamped to the last one and write its value again, the same bits by the same
 * arithmetic. Guarding every store instead made the driver compile for seconds (a branch per output).
 */
import { loopBound } from '../../plan/wgsl.ts'
import { activateFunction } from '../activation.ts'
import { loaded, storeFunctions, toStore } from '../half.wgsl.ts'
import type { KernelVariant } from '../op.ts'
import { leftIndex, leftInFours, matmulOperands, resultIndex, rightIndex, withExtras } from './plain.wgsl.ts'
import type { MatmulAttributes, MatmulExtras, MatmulForm, MatmulSizes } from './types.ts'

export interface Block {
  readonly lanes: number
  readonly rows: number
  readonly columns: number
}

/** Measured fastest per form. */
const BLOCKS: Record<MatmulForm, Block> = {
  NN: { lanes: 16, rows: 4, columns: 4 },
  NT: { lanes: 8, rows: 8, columns: 4 },
  TN: { lanes: 8, rows: 8, columns: 8 },
}

/** A driver takes half a second to compile a large block: below this many multiplications a small one is done sooner. */
const MIN_PRODUCTS_FOR_LARGE_BLOCK = 2 ** 20
const SMALL_BLOCKS: Record<MatmulForm, Block> = {
  NN: { lanes: 8, rows: 2, columns: 4 },
  NT: { lanes: 8, rows: 4, columns: 2 },
  TN: { lanes: 8, rows: 4, columns: 4 },
}

export const COMPONENTS = ['x', 'y', 'z', 'w'] as const
export const range = (count: number) => Array.from({ length: count }, (_, i) => i)

function guessedBlock(form: MatmulForm, sizes: MatmulSizes): Block {
  return fittedBlock((sizes.m * sizes.n * sizes.k < MIN_PRODUCTS_FOR_LARGE_BLOCK ? SMALL_BLOCKS : BLOCKS)[form], form, sizes)
}

/** Narrower where the matrix is narrower than a workgroup. */
export function fittedBlock(best: Block, form: MatmulForm, { m, n }: MatmulSizes): Block {
  let { columns } = best
  while (columns > 1 && best.lanes * columns >= 2 * n) columns /= 2
  if (form !== 'NT' && n % 4 === 0) columns = Math.max(4, columns)
  let { rows } = best
  while (rows > 1 && rows >= 2 * m) rows /= 2
  if (form === 'TN' && m % 4 === 0) rows = Math.max(4, rows)
  return { lanes: best.lanes, rows, columns }
}

export function stripVariant(
  sizes: MatmulSizes,
  { form, activation }: MatmulAttributes,
  extras: MatmulExtras,
  block: Block = guessedBlock(form, sizes),
): KernelVariant {
  const { m, n, k, aFirst = 0, accumulates = false } = sizes
  const aStride = sizes.aStride ?? (form === 'TN' ? m : k)
  const { lanes, rows } = block
  // Which operand is read four at a time, and along which dimension.
  const aAlongK = form !== 'TN' && k % 4 === 0 && leftInFours(form, sizes)
  const aAlongM = form === 'TN' && m % 4 === 0 && leftInFours(form, sizes)
  const bAlongK = form === 'NT' && k % 4 === 0
  const bAlongN = form !== 'NT' && n % 4 === 0
  const unroll = aAlongK ? 4 : 1
  const width = bAlongN ? 4 : 1
  // Where sums go on, nobody may do the work of another again: one column to a lane, and none to those beyond the last.
  const columns = accumulates ? width : block.columns
  const parts = columns / width
  // C is written four at a time only by the forms that have whole rows of it.
  const place = (r: number, q: number) => (width === 4 ? `row${r} * ${n / 4}u + column${q}` : resultIndex(sizes, `row${r}`, `column${q}`))

  const lines: string[] = []
  if (accumulates) lines.push(`if (first >= ${m}u || group.x * ${lanes}u + lane >= ${n / width}u) { return; }`)
  for (const q of range(parts)) {
    lines.push(`let column${q} = min((group.x * ${parts}u + ${q}u) * ${lanes}u + lane, ${n / width - 1}u);`)
  }
  for (const r of range(rows)) lines.push(`let row${r} = min(first + ${r}u, ${m - 1}u);`)
  for (const r of range(rows))
    for (const q of range(parts))
      lines.push(`var sum${r}_${q} = ${accumulates ? loaded(extras.result, width, `c[${place(r, q)}]`) : width === 4 ? 'vec4f(0.0)' : '0.0'};`)

  lines.push(`let depth = ${loopBound(k, 'a')};`, `for (var p = 0u; p < depth; p += ${unroll}u) {`)
  const p = (u: number) => (u === 0 ? 'p' : `(p + ${u}u)`)
  const load = (width: 1 | 4, element: string) => loaded(extras.operands, width, element)
  if (bAlongK) for (const q of range(parts)) lines.push(`let b${q} = ${load(4, `b[(${rightIndex(form, sizes, 'p', `column${q}`)}) / 4u]`)};`)
  if (aAlongK) for (const r of range(rows)) lines.push(`let a${r} = ${load(4, `a[(${leftIndex(form, sizes, `row${r}`, 'p')}) / 4u]`)};`)
  for (const u of range(unroll)) {
    const component = COMPONENTS[u] ?? 'x'
    // A block of rows starts at a multiple of 4, so a vec4 along m never straddles two blocks.
    if (aAlongM)
      for (const v of range(rows / 4))
        lines.push(`let a${v}_${u} = ${load(4, `a[${p(u)} * ${aStride / 4}u + row${v * 4} / 4u${aFirst === 0 ? '' : ` + ${aFirst / 4}u`}]`)};`)
    else if (!aAlongK) for (const r of range(rows)) lines.push(`let a${r}_${u} = ${load(1, `a[${leftIndex(form, sizes, `row${r}`, p(u))}]`)};`)
    if (bAlongN) for (const q of range(parts)) lines.push(`let b${q}_${u} = ${load(4, `b[${p(u)} * ${n / 4}u + column${q}]`)};`)
    else if (!bAlongK) for (const q of range(parts)) lines.push(`let b${q}_${u} = ${load(1, `b[${rightIndex(form, sizes, p(u), `column${q}`)}]`)};`)
    for (const r of range(rows)) {
      const left = aAlongK ? `a${r}.${component}` : aAlongM ? `a${Math.floor(r / 4)}_${u}.${COMPONENTS[r % 4]}` : `a${r}_${u}`
      for (const q of range(parts)) lines.push(`sum${r}_${q} += ${left} * ${bAlongK ? `b${q}.${component}` : `b${q}_${u}`};`)
    }
  }
  lines.push('}')

  const value = (r: number, q: number): string => {
    const sum = withExtras(`sum${r}_${q}`, extras, `column${q}`, place(r, q))
    if (activation === null) return sum
    return width === 1 ? `activate(${sum})` : `activate4(${sum})`
  }
  for (const r of range(rows)) {
    for (const q of range(parts)) {
      lines.push(`c[${place(r, q)}] = ${toStore(extras.result, width, value(r, q))};`)
    }
  }
  const activate4 = 'fn activate4(x: vec4f) -> vec4f { return vec4f(activate(x.x), activate(x.y), activate(x.z), activate(x.w)); }'
  return {
    name: `strip-${rows}x${block.columns}-${lanes}`,
    operands: matmulOperands(extras, { a: aAlongK || aAlongM ? 4 : 1, b: bAlongK || bAlongN ? 4 : 1, c: width }),
    workgroups: stripGrid(Math.ceil(n / (lanes * columns)), Math.ceil(m / rows)),
    code: /* wgsl */ `
${activateFunction(activation)}
${activate4}
${storeFunctions(extras.result)}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(local_invocation_index) lane: u32) {
  let first = (group.y + group.z * ${MAX_ROW_GROUPS}u) * ${rows}u;
  ${lines.join('\n  ')}
}`,
  }
}

/** Workgroups of rows beyond the limit of one dimension go on in z; the surplus writes nothing. */
export const MAX_ROW_GROUPS = 65_535

export function stripGrid(columnGroups: number, rowGroups: number): readonly [number, number, number] {
  return [columnGroups, Math.min(rowGroups, MAX_ROW_GROUPS), Math.ceil(rowGroups / MAX_ROW_GROUPS)]
}
