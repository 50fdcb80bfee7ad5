/**
 * The contract of a layer: one file per type, one line in `registry.ts`. A layer says its options, its shapes and its
 * parameters without a graph (so that estimates and checks need no device), and then builds graph nodes.
 */
import type { BufferRule } from '../engine/types.ts'
import type { GraphBuilder, Tensor } from '../ops/op.ts'

export type OptionDescription =
  | { readonly type: 'integer' | 'number'; readonly min: number; readonly max: number; readonly default?: number; readonly help: string }
  | { readonly type: 'boolean'; readonly default: boolean; readonly help: string }
  | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string; readonly help: string }
  /** One whole number for height and width, or both: `3`, `[3, 5]`. Read as a pair. Without a default it may be left out where `optional`. */
  | { readonly type: 'pair'; readonly min: number; readonly max: number; readonly default?: number; readonly optional?: boolean; readonly help: string }
  /** A list of sizes: `[16, 7, 7]`. */
  | { readonly type: 'sizes'; readonly default?: undefined; readonly help: string }
  /** Layers inside this one; the layer gets their shapes and builds them through its context. */
  | { readonly type: 'layers'; readonly default?: undefined; readonly help: string }

export type OptionValue = number | boolean | string | readonly number[]
export type OptionValues = Readonly<Record<string, OptionValue>>

/** A `pair` option: height, then width. */
export function pairOf(value: OptionValue | undefined): readonly [number, number] {
  const [first = 0, second = 0] = value as readonly number[]
  return [first, second]
}

/** How a parameter starts. `uniform` draws from [−bound, bound), `normal` has mean 0; bits are equal on every machine. */
export type Initializer =
  | { readonly kind: 'uniform'; readonly bound: number }
  | { readonly kind: 'normal'; readonly deviation: number }
  | { readonly kind: 'constant'; readonly value: number }

export interface ParameterDeclaration {
  /** Within the layer: `weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Initializer
  /** A vector per id and no matrix: optimizers of matrices leave it alone. */
  readonly table?: true
}

/** A tensor that is kept with the weights and not trained. */
export interface BufferDeclaration {
  /** Within the layer: `running_mean`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly start: number
  readonly rule: BufferRule
}

export interface LayerShapes {
  /** Of one sample, without the batch dimension. */
  readonly output: readonly number[]
  readonly parameters: readonly ParameterDeclaration[]
  readonly buffers?: readonly BufferDeclaration[]
}

export interface LayerContext {
  readonly graph: GraphBuilder
  /** Place among all layers of the model, inner ones included: tells the masks of dropout layers apart. */
  readonly index: number
  readonly training: boolean
  parameter(name: string): Tensor
  buffer(name: string): Tensor
  /** Says what this batch showed for a buffer whose rule is `average`. `value` has the buffer's shape. */
  observe(name: string, value: Tensor): void
  /** The layers inside this one, applied to `x`. */
  inner(x: Tensor): Tensor
}

export interface LayerDefinition {
  readonly type: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionDescription>>
  /** The layer takes token ids and so must be the first; the number of ids there are. */
  readonly vocabulary?: (options: OptionValues) => number
  /**
   * Throws an Error that says what the layer needs; the caller adds which layer and its input shape. `inner` is the
   * output of the layers inside, where there are any.
   */
  shapes(input: readonly number[], options: OptionValues, inner?: readonly number[]): LayerShapes
  /** `x: [B, ...input]` → `[B, ...output]`. */
  build(context: LayerContext, x: Tensor, options: OptionValues): Tensor
}
