/**
 * The contract of a layer: one file per type, one line in `registry.ts`. A layer says its options, its shapes and its
 * parameters without a graph (so that estimates and checks need no device), and then builds graph nodes.
 */
import type { GraphBuilder, Tensor } from '../ops/op.ts'

export type OptionDescription =
  | { readonly type: 'integer' | 'number'; readonly min: number; readonly max: number; readonly default?: number; readonly help: string }
  | { readonly type: 'boolean'; readonly default: boolean; readonly help: string }
  | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default: string; readonly help: string }

export type OptionValues = Readonly<Record<string, number | boolean | string>>

/** How a parameter starts. `uniform` draws from [−bound, bound). */
export type Initializer = { readonly kind: 'uniform'; readonly bound: number } | { readonly kind: 'constant'; readonly value: number }

export interface ParameterDeclaration {
  /** Within the layer: `weight`. */
  readonly name: string
  readonly shape: readonly number[]
  readonly init: Initializer
}

export interface LayerShapes {
  /** Of one sample, without the batch dimension. */
  readonly output: readonly number[]
  readonly parameters: readonly ParameterDeclaration[]
}

export interface LayerContext {
  readonly graph: GraphBuilder
  /** Place among all layers that draw random numbers or own names; unique within the model. */
  readonly index: number
  readonly training: boolean
  parameter(name: string): Tensor
}

export interface LayerDefinition {
  readonly type: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionDescription>>
  /** Throws an Error that says what the layer needs; the caller adds which layer and its input shape. */
  shapes(input: readonly number[], options: OptionValues): LayerShapes
  /** `x: [B, ...input]` → `[B, ...output]`. */
  build(context: LayerContext, x: Tensor, options: OptionValues): Tensor
}
