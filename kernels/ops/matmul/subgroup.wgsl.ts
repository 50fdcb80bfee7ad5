/**
 * Matmul by one subgroup per workgroup, without workgroup memory or barriers: an invocation keeps a block of outputs in
 * registers, lanes lie side by side along the columns. What all lanes need of A is loaded once, spread over the lanes (each
 * reads another row, or another slice of k), and handed round by `subgroupBroadcast`, which costs next to nothing where a
 * load costs a lot.
 *
 * That is so on software adapters: lavapipe 25.0 makes of a load inside a loop a bounds-checked branch per lane and
 * component, the same for an address that all lanes share (measured: a vec4 about 100 cycles, its 32 multiplications 10).
 * There these kernels take a third of the time of `strip.wgsl.ts`, which loads each element of A in every lane.
 *
 * Nothing is assumed of the number of lanes but that it is one fixed number, which the device tells; how rows and slices of
 * k are dealt out to them follows from it. Sums run over k in ascending order per output, whatever the block.
 *
 * Rows and columns beyond the edge are clamped to the last and write its value again, the same bits by the same arithmetic.
 */
import { loopBound } from '../../plan/wgsl.ts'
import { activateFunction } from '../activation.ts'
import { loaded, storeFunctions, toStore } from '../half.wgsl.ts'
import type { DType, KernelVariant } from '../op.ts'
import { matmulOperands, rightIndex, withExtras } from './plain.wgsl.ts'
import { type Block, COMPONENTS, fittedBlock, MAX_ROW_GROUPS, range, stripGrid } from './strip.wgsl.ts'
import type { MatmulAttributes, MatmulExtras, MatmulForm, MatmulSizes } from './types.ts'

/**
 * Values of k in a turn of the loop. More is more code, which takes longer to compile and, on lavapipe, to run (NN by fours:
 * a quarter longer, and twice to compile), and saves no loads of B; but for NT four of them come with one load.
 */
const MAX_UNROLLED: Record<MatmulForm, number> = { NN: 1, NT: 4, TN: 2 }

/** How A is dealt out to lanes: a lane's load is a unit (a row, or four of them) at a slice of k (one value, or four). */
interface Dealing {
  readonly width: 1 | 4
  readonly unitRows: 1 | 4
  readonly sliceLength: 1 | 4
  /** Units and slices that one load of all lanes covers. */
  readonly units: number
  readonly slices: number
  /** Loads until the block's rows are covered. */
  readonly loads: number
}

function dealing(form: MatmulForm, { m, k }: MatmulSizes, { lanes, rows }: Block): Dealing {
  const unitRows = form === 'TN' && m % 4 === 0 ? 4 : 1
  const sliceLength = form === 'NT' && k % 4 === 0 ? 4 : 1
  const allUnits = rows / unitRows
  const units = Math.min(allUnits, lanes)
  let slices = lanes / units
  // A turn of the loop must not reach beyond k.
  while (slices > 1 && (slices * sliceLength > MAX_UNROLLED[form] || (k / sliceLength) % slices !== 0)) slices /= 2
  return { width: unitRows * sliceLength === 4 ? 4 : 1, unitRows, sliceLength, units, slices, loads: allUnits / units }
}

/** `block`: a power of two of rows, and of lanes as many as a subgroup has. */
export function subgroupVariant(sizes: MatmulSizes, { form, activation }: MatmulAttributes, extras: MatmulExtras, wanted: Block): KernelVariant {
  const { m, n, k } = sizes
  const block = fittedBlock(wanted, form, sizes)
  const { lanes, rows } = block
  const width = n % 4 === 0 ? 4 : 1
  const columns = Math.max(width, block.columns)
  const parts = columns / width
  const bAlongK = form === 'NT' && k % 4 === 0
  const bAlongN = form !== 'NT' && width === 4
  const dealt = dealing(form, sizes, block)
  const { unitRows, sliceLength, units, slices, loads } = dealt
  const sum = (r: number, q: number) => `sum${r}_${q}`

  const lines: string[] = []
  for (const q of range(parts)) lines.push(`let column${q} = min((group.x * ${parts}u + ${q}u) * ${lanes}u + lane, ${n / width - 1}u);`)
  for (const r of range(rows)) {
    lines.push(
      unitRows === 4
        ? `let row${r} = min(first / 4u + ${Math.floor(r / 4)}u, ${m / 4 - 1}u) * 4u + ${r % 4}u;`
        : `let row${r} = min(first + ${r}u, ${m - 1}u);`,
    )
  }
  for (const g of range(loads)) lines.push(`let unit${g} = min(first / ${unitRows}u + ${g * units}u + lane % ${units}u, ${m / unitRows - 1}u);`)
  lines.push(`let slice = lane / ${units}u % ${slices}u;`)
  for (const r of range(rows)) for (const q of range(parts)) lines.push(`var ${sum(r, q)} = ${width === 4 ? 'vec4f(0.0)' : '0.0'};`)

  const step = slices * sliceLength
  lines.push(`let depth = ${loopBound(k, 'a')};`, `for (var p = 0u; p < depth; p += ${step}u) {`)
  for (const g of range(loads)) {
    const place = form === 'TN' ? `(p + slice) * ${m / unitRows}u + unit${g}` : `unit${g} * ${k / sliceLength}u + p / ${sliceLength}u + slice`
    lines.push(`let dealt${g} = ${loaded(extras.operands, dealt.width, `a[${place}]`)};`)
  }
  for (const s of range(slices)) {
    const inSlice = range(sliceLength).map((i) => s * sliceLength + i)
    lines.push(...loadsOfB(form, sizes, { type: extras.operands, width, parts, bAlongK, bAlongN }, inSlice))
    for (const unit of range(rows / unitRows)) {
      lines.push(`let a${s}_${unit} = subgroupBroadcast(dealt${Math.floor(unit / units)}, ${s * units + (unit % units)}u);`)
      for (const i of range(unitRows)) {
        for (const u of inSlice) {
          const component = unitRows === 4 ? i : u % 4
          const left = dealt.width === 4 ? `a${s}_${unit}.${COMPONENTS[component]}` : `a${s}_${unit}`
          for (const q of range(parts)) lines.push(`${sum(unit * unitRows + i, q)} += ${left} * b${u}_${q};`)
        }
      }
    }
  }
  lines.push('}')
  for (const r of range(rows)) {
    for (const q of range(parts)) {
      const value = withExtras(sum(r, q), extras, `column${q}`, `row${r} * ${n / width}u + column${q}`)
      const activated = activation === null ? value : width === 1 ? `activate(${value})` : `activate4(${value})`
      lines.push(`c[row${r} * ${n / width}u + column${q}] = ${toStore(extras.result, width, activated)};`)
    }
  }
  return {
    name: `subgroup-${rows}x${columns}-${lanes}`,
    operands: matmulOperands(extras, { a: dealt.width, b: bAlongK || bAlongN ? 4 : 1, c: width }),
    enable: ['subgroups'],
    workgroups: stripGrid(Math.ceil(n / (lanes * columns)), Math.ceil(m / rows)),
    code: /* wgsl */ `
${activateFunction(activation)}
fn activate4(x: vec4f) -> vec4f { return vec4f(activate(x.x), activate(x.y), activate(x.z), activate(x.w)); }
${storeFunctions(extras.result)}
@compute @workgroup_size(${lanes})
fn main(@builtin(workgroup_id) group: vec3u, @builtin(subgroup_invocation_id) lane: u32) {
  let first = (group.y + group.z * ${MAX_ROW_GROUPS}u) * ${rows}u;
  ${lines.join('\n  ')}
}`,
  }
}

interface Columns {
  readonly type: DType
  readonly width: 1 | 4
  readonly parts: number
  readonly bAlongK: boolean
  readonly bAlongN: boolean
}

/** `b<u>_<part>` for some values of k in a row: a lane's columns, as wide as its outputs. */
function loadsOfB(form: MatmulForm, sizes: MatmulSizes, { type, width, parts, bAlongK, bAlongN }: Columns, ks: readonly number[]): string[] {
  const p = (u: number) => (u === 0 ? 'p' : `(p + ${u}u)`)
  const columnsOf = (q: number) => (width === 1 ? [`column${q}`] : range(4).map((i) => `(column${q} * 4u + ${i}u)`))
  const lines: string[] = []
  for (const q of range(parts)) {
    if (bAlongN) {
      for (const u of ks) lines.push(`let b${u}_${q} = ${loaded(type, 4, `b[${p(u)} * ${sizes.n / 4}u + column${q}]`)};`)
    } else if (bAlongK) {
      const first = ks[0] ?? 0
      columnsOf(q).forEach((column, i) => {
        lines.push(`let along${first}_${q}_${i} = ${loaded(type, 4, `b[(${rightIndex(form, sizes, p(first), column)}) / 4u]`)};`)
      })
      for (const u of ks) {
        const values = columnsOf(q).map((_, i) => `along${first}_${q}_${i}.${COMPONENTS[u % 4]}`)
        lines.push(`let b${u}_${q} = ${width === 4 ? `vec4f(${values.join(', ')})` : values[0]};`)
      }
    } else {
      for (const u of ks) {
        const values = columnsOf(q).map((column) => loaded(type, 1, `b[${rightIndex(form, sizes, p(u), column)}]`))
        lines.push(`let b${u}_${q} = ${width === 4 ? `vec4f(${values.join(', ')})` : values[0]};`)
      }
    }
  }
  return lines
}
