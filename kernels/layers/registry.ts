/** All layer types, one line each. */
import { gelu, leakyrelu, relu, sigmoid, silu, tanh } from './activations.ts'
import { batchnorm2d } from './batchnorm2d.ts'
import { conv2d } from './conv2d.ts'
import { dropout } from './dropout.ts'
import { embedding } from './embedding.ts'
import { flatten } from './flatten.ts'
import type { LayerDefinition, OptionDescription } from './layer.ts'
import { linear } from './linear.ts'
import { groupnorm, layernorm, rmsnorm } from './norms.ts'
import { avgpool2d, globalavgpool2d, maxpool2d } from './pooling.ts'
import { gru, lstm } from './recurrent.ts'
import { reshape } from './reshape.ts'
import { residual } from './residual.ts'
import { softmax } from './softmax.ts'

const all = [
  linear,
  conv2d,
  embedding,
  lstm,
  gru,
  relu,
  leakyrelu,
  gelu,
  silu,
  tanh,
  sigmoid,
  softmax,
  maxpool2d,
  avgpool2d,
  globalavgpool2d,
  batchnorm2d,
  layernorm,
  rmsnorm,
  groupnorm,
  dropout,
  residual,
  flatten,
  reshape,
] as const

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
