/**
 * Which matmul kernels there are for a shape, best guess first. On real GPUs staged tiles win (operands are shared
 * through workgroup memory); software adapters have no such memory and pay for every barrier, so they get register strips.
 * The plain kernel ends every list: it fits any device.
 */
import type { DeviceCaps } from '../../device/caps.ts'
import type { KernelVariant } from '../op.ts'
import { plainVariant } from './plain.wgsl.ts'
import { stripVariant } from './strip.wgsl.ts'
import { TILE_64, TILE_128, tileFits, tileVariant } from './tile.wgsl.ts'
import type { MatmulAttributes, MatmulSizes } from './types.ts'

/** Outputs from which a 128-wide tile still gives a GPU enough workgroups to fill it. Chosen by feel until measured. */
const MIN_OUTPUTS_FOR_TILE_128 = 1024 * 1024

export function matmulVariants(sizes: MatmulSizes, attributes: MatmulAttributes, hasBias: boolean, caps: DeviceCaps): KernelVariant[] {
  const strip = stripVariant(sizes, attributes, hasBias)
  const plain = plainVariant(sizes, attributes, hasBias)
  if (caps.kind === 'cpu') return [strip, plain]
  const large = sizes.m * sizes.n >= MIN_OUTPUTS_FOR_TILE_128
  const tiles = (large ? [TILE_128, TILE_64] : [TILE_64]).filter((tile) => tileFits(tile, caps)).map((tile) => tileVariant(tile, sizes, attributes, hasBias))
  return [...tiles, strip, plain]
}
