import type { Activation } from '../activation.ts'
import type { DType } from '../op.ts'

/** NN: A·B, NT: A·Bᵀ, TN: Aᵀ·B. */
export type MatmulForm = 'NN' | 'NT' | 'TN'

export interface MatmulAttributes {
  readonly form: MatmulForm
  readonly activation: Activation | null
  /** The last input, `[m, n]`, is added before the activation. */
  readonly residual?: boolean
  /** Of a piece of a larger product (`split.ts`): its own sizes, and how its operands lie in the larger one's. */
  readonly panel?: MatmulPanel
}

/** Inputs beyond the two matrices, and what the matrices lie in memory as; products are summed in f32. */
export interface MatmulExtras {
  readonly bias: boolean
  readonly residual: boolean
  /** Of both matrices. */
  readonly operands: DType
  readonly result: DType
  /** Bias and residual are bound, but added by a piece that comes later. */
  readonly later?: boolean
}

/** C is `[m, n]`, k is the inner dimension. */
export interface MatmulSizes {
  readonly m: number
  readonly n: number
  readonly k: number
  /** Elements from a row of A as it is stored to the next, and to where the first begins; rows side by side without. */
  readonly aStride?: number
  readonly aFirst?: number
  /** The same of C. */
  readonly cStride?: number
  readonly cFirst?: number
  /** C holds the sums over what comes before along k; else it is written anew. */
  readonly accumulates?: boolean
}

export interface MatmulPanel extends MatmulSizes {
  /** Nothing comes after along k: what is added to the sums and the activation are this piece's work. */
  readonly finishes: boolean
}
