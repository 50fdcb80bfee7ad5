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
