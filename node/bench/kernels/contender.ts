/**
 * Whoever trains or multiplies in a comparison: this program, and libraries that are installed for development only. All
 * run on the same adapter of the same driver.
 */
import type { Batch, ParameterLayout } from '../../../kernels/index.ts'
import type { MatmulForm } from '../../../kernels/ops/matmul/types.ts'
import type { BenchModel } from './models.ts'

export const RIVAL_NAMES = ['tfjs', 'jax-js'] as const
export type RivalName = (typeof RIVAL_NAMES)[number]

export interface TrainingRun {
  /** One step per batch, as many in flight as the library manages; the losses before each update. */
  steps(batches: readonly Batch[]): Promise<number[]>
}

export interface Product {
  /** Computes the product `times` times and waits until the last is there. */
  repeat(times: number): Promise<void>
  /** `[m, n]`. */
  read(): Promise<Float32Array>
  dispose(): void
}

export interface ProductTask {
  readonly form: MatmulForm
  /** m = n = k. */
  readonly size: number
  readonly a: Float32Array
  readonly b: Float32Array
}

export interface Contender {
  readonly name: string
  train(model: BenchModel, weights: NamedWeights): Promise<TrainingRun>
  multiply(task: ProductTask): Promise<Product>
}

/** Starting weights by PyTorch's names. */
export interface NamedWeights {
  readonly layout: ParameterLayout
  readonly flat: Float32Array
}

export function eachWeight({ layout, flat }: NamedWeights): { name: string; shape: readonly number[]; values: Float32Array }[] {
  return layout.entries.map(({ name, shape, offset, size }) => ({ name, shape, values: flat.slice(offset, offset + size) }))
}
