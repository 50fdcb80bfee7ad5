import type { Activation } from '../activation.ts'
import type { DType } from '../op.ts'

/** NN: A·B, NT: A·Bᵀ, TN: Aᵀ·B. */
export type MatmulForm = 'NN' | 'NT' | 'TN'

export interface MatmulAttributes {
  readonly form: MatmulForm
  readonly activation: Activation | null
  /** The last input, `[m, n]`, is added before the activation. */
  readonly residual?: boolean
}

/** Inputs beyond the two matrices, and what the matrices lie in memory as; products are summed in f32. */
export interface MatmulExtras {
  readonly bias: boolean
  readonly residual: boolean
  /** Of both matrices. */
  readonly operands: DType
  readonly result: DType
}

/** C is `[m, n]`, k is the inner dimension. */
export interface MatmulSizes {
  readonly m: number
  readonly n: number
  readonly k: number
}
