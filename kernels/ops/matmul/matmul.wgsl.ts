/**
 * Which matmul kernels there are for a shape, best guess first. Halves go through matrix units where there are any. On real
 * GPUs staged tiles win (operands are shared through workgroup memory) or register blocks without it (Apple); software
 * adapters have no such memory and pay for every barrier and every load, so they get register blocks whose lanes load by turns
 * (`subgroup.wgsl.ts`), or strips where they have no subgroups. The plain kernel ends every list: it fits any device.
 */
import { type DeviceCaps, fixedSubgroupSize } from '../../device/caps.ts'
import type { KernelVariant } from '../op.ts'
import { MATRIX_TILES, matrixVariants } from './matrix.wgsl.ts'
import { plainVariant } from './plain.wgsl.ts'
import { type Block, fittedBlock, stripVariant } from './strip.wgsl.ts'
import { subgroupVariant } from './subgroup.wgsl.ts'
import { TILE_64, TILE_128, tileFits, tileVariant } from './tile.wgsl.ts'
import type { MatmulAttributes, MatmulExtras, MatmulSizes } from './types.ts'

/** Outputs from which a 128-wide tile still gives a GPU enough workgroups to fill it. Chosen by feel until measured. */
const MIN_OUTPUTS_FOR_TILE_128 = 1024 * 1024

/** Meganeura saw matrix units pay from 16 to 32 workgroups on; ours make 64 x 64 outputs. */
const MIN_OUTPUTS_FOR_MATRICES = 16 * 64 * 64

/** What else is tried, where choices are measured: as many lanes as the hardware has side by side, blocks around the best guess. */
const CPU_BLOCKS: readonly Block[] = [
  { lanes: 8, rows: 4, columns: 4 },
  { lanes: 8, rows: 8, columns: 4 },
  { lanes: 8, rows: 4, columns: 8 },
  { lanes: 8, rows: 8, columns: 8 },
]
const GPU_BLOCKS: readonly Block[] = [
  { lanes: 32, rows: 4, columns: 4 },
  { lanes: 32, rows: 8, columns: 4 },
  { lanes: 64, rows: 8, columns: 4 },
]

/**
 * Rows of a subgroup's block by how many multiplications there are: loads of B are shared by all rows, but a block of 4
 * compiles in half a second (lavapipe, processor time), one of 8 in one, of 16 in one and a half; 32 are no faster.
 */
const SUBGROUP_ROWS = [
  { rows: 4, below: 2 ** 20 },
  { rows: 8, below: 2 ** 23 },
  { rows: 16, below: Number.POSITIVE_INFINITY },
] as const
const SUBGROUP_COLUMNS = 4

export function matmulVariants(sizes: MatmulSizes, attributes: MatmulAttributes, extras: MatmulExtras, caps: DeviceCaps): KernelVariant[] {
  const plain = plainVariant(sizes, attributes, extras)
  const guess = stripVariant(sizes, attributes, extras)
  const strips = (caps.kind === 'cpu' ? CPU_BLOCKS : GPU_BLOCKS).map((block) =>
    stripVariant(sizes, attributes, extras, fittedBlock(block, attributes.form, sizes)),
  )
  // These know no panels of a larger product.
  const bySubgroups = attributes.panel === undefined ? subgroupVariants(sizes, attributes, extras, caps) : []
  if (caps.kind === 'cpu') return distinct([...bySubgroups, guess, ...(bySubgroups.length > 0 ? [] : strips), plain])
  const large = sizes.m * sizes.n >= MIN_OUTPUTS_FOR_TILE_128
  const matrices = attributes.panel !== undefined ? [] : matrixVariants(sizes, attributes, extras, caps, large ? MATRIX_TILES : [...MATRIX_TILES].reverse())
  const tiles = [TILE_128, TILE_64].filter((tile) => tileFits(tile, caps)).map((tile) => tileVariant(tile, sizes, attributes, extras))
  const others = [...(large ? tiles : tiles.reverse()), ...strips, ...bySubgroups, guess]
  const wide = sizes.m * sizes.n >= MIN_OUTPUTS_FOR_MATRICES
  return distinct([...(wide ? [...matrices, ...others] : [...others, ...matrices]), plain])
}

function subgroupVariants(sizes: MatmulSizes, attributes: MatmulAttributes, extras: MatmulExtras, caps: DeviceCaps): KernelVariant[] {
  const lanes = fixedSubgroupSize(caps)
  if (lanes === null) return []
  const products = sizes.m * sizes.n * sizes.k
  const guess = SUBGROUP_ROWS.findIndex(({ below }) => products < below)
  // The guess, and where choices are measured the next larger block.
  return SUBGROUP_ROWS.slice(guess, guess + 2).map(({ rows }) => subgroupVariant(sizes, attributes, extras, { lanes, rows, columns: SUBGROUP_COLUMNS }))
}

/** One of each name: blocks that a small matrix cuts down may become alike. */
function distinct(variants: readonly KernelVariant[]): KernelVariant[] {
  return [...new Map(variants.map((variant) => [variant.name, variant])).values()]
}
