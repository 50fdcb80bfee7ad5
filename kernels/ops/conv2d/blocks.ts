/** How much of a convolution an invocation holds in registers. */

/** Channels: as many as divide a group, at most 8. */
export function channelBlock(channels: number): number {
  return [8, 4, 2].find((block) => channels % block === 0) ?? 1
}

/** Places side by side: as many as divide a row, at most 4. */
export function placeBlock(width: number): number {
  return [4, 2].find((block) => width % block === 0) ?? 1
}

/** Wider filters would unroll to more code than a driver compiles in a moment. */
export const MAX_UNROLLED_COLUMNS = 7

export const range = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

export interface ConvBlock {
  readonly channels: number
  readonly places: number
}

/** Multiplications in a turn of the loop: lavapipe compiles 200 in two seconds of processor time, which a small convolution never gets back. */
const MAX_UNROLLED = { small: 48, large: 200 } as const
const LARGE_FROM_PRODUCTS = 2 ** 20
const MAX_PLACES = 8

export interface BlockedConvolution {
  /** Of a group. */
  readonly channels: number
  readonly width: number
  readonly kernelWidth: number
  /** Multiplications of the whole convolution. */
  readonly products: number
  /** Places must divide a row; else the last block of a row overlaps the one before. */
  readonly whole: boolean
  /** Of a turn of the loop with this block. */
  loads(block: ConvBlock): number
}

/** The block with the fewest loads for its multiplications, where what all lanes need is dealt out to them. */
export function dealtBlock({ channels, width, kernelWidth, products, whole, loads }: BlockedConvolution): ConvBlock {
  const maxUnrolled = products < LARGE_FROM_PRODUCTS ? MAX_UNROLLED.small : MAX_UNROLLED.large
  let best: ConvBlock = { channels: 1, places: 1 }
  let bestCost = Number.POSITIVE_INFINITY
  for (const blockChannels of [32, 16, 8, 4, 2, 1]) {
    if (channels % blockChannels !== 0) continue
    for (let places = Math.min(MAX_PLACES, width); places >= 1; places--) {
      if ((whole && width % places !== 0) || blockChannels * places * kernelWidth > maxUnrolled) continue
      const block = { channels: blockChannels, places }
      const cost = (loads(block) * Math.ceil(width / places)) / blockChannels
      if (cost < bestCost) [best, bestCost] = [block, cost]
    }
  }
  return best
}
