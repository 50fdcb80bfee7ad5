import type { DType, TensorType } from '../op.ts'

export interface AttentionAttributes {
  readonly heads: number
  /** Of the attention weights, while training. `layer` tells the masks of several apart. */
  readonly dropout: { readonly p: number; readonly layer: number } | null
  /** Of a piece of a larger node: which of its samples comes first here. */
  readonly firstSample?: number
}

export interface AttentionSizes {
  /** What queries, keys, values and, on the way back, the output's gradient lie in memory as. */
  readonly operands: DType
  readonly batch: number
  /** Positions. */
  readonly length: number
  /** Heads times `depth`. */
  readonly width: number
  readonly heads: number
  /** Of one head. */
  readonly depth: number
}

/**
 * A mask's place is drawn from a 32-bit counter. Where a sample has more weights than that, each head has a key of its own: up
 * to 65,536 positions no two weights share a place.
 */
export function masksPerHead({ heads, length }: AttentionSizes): boolean {
  return heads * length * length > 2 ** 32
}

/** `qkv: [B, T, 3·width]`: queries, keys, values side by side, each split into heads, as GPT-2's `c_attn` makes them. */
export function attentionSizes({ shape, dtype }: TensorType, heads: number): AttentionSizes {
  const [batch = 0, length = 0, triple = 0] = shape
  return { operands: dtype, batch, length, width: triple / 3, heads, depth: triple / 3 / heads }
}
