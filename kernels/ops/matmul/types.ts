import type { Activation } from '../activation.ts'

/** NN: A·B, NT: A·Bᵀ, TN: Aᵀ·B. */
export type MatmulForm = 'NN' | 'NT' | 'TN'

export interface MatmulAttributes {
  readonly form: MatmulForm
  readonly activation: Activation | null
  /** The last input, `[m, n]`, is added before the activation. */
  readonly residual?: boolean
}

/** Inputs beyond the two matrices. */
export interface MatmulExtras {
  readonly bias: boolean
  readonly residual: boolean
}

/** C is `[m, n]`, k is the inner dimension. */
export interface MatmulSizes {
  readonly m: number
  readonly n: number
  readonly k: number
}
