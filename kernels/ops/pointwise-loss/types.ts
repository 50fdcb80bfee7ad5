/** Losses that compare prediction and target number by number. */
export type PointwiseLoss =
  | { readonly kind: 'mse' | 'l1' | 'bce-with-logits' }
  /** `delta`: where the square becomes a straight line. */
  | { readonly kind: 'huber'; readonly delta: number }

export interface PointwiseLossAttributes {
  readonly loss: PointwiseLoss
  readonly withGradient: boolean
  /** The gradient is multiplied by the step's loss scale. */
  readonly scaled: boolean
  /** Of a piece of a larger node: which of its rows comes first here. */
  readonly firstRow?: number
}
