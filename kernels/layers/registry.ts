/** All layer types, one line each. */
import { gelu, leakyrelu, relu, sigmoid, silu, tanh } from './activations.ts'
import { dropout } from './dropout.ts'
import { flatten } from './flatten.ts'
import type { LayerDefinition, OptionDescription } from './layer.ts'
import { linear } from './linear.ts'

const all = [linear, relu, leakyrelu, gelu, silu, tanh, sigmoid, flatten, dropout] as const

export const LAYERS: ReadonlyMap<string, LayerDefinition> = new Map(all.map((layer) => [layer.type, layer]))

export interface LayerDescription {
  readonly type: string
  readonly summary: string
  readonly options: Readonly<Record<string, OptionDescription>>
}

/** For forms and documentation: what layers there are and what each takes. */
export function describeLayers(): LayerDescription[] {
  return all.map(({ type, summary, options }) => ({ type, summary, options }))
}
