export interface DropoutAttributes {
  readonly p: number
  /** Tells the masks of several dropout layers apart. */
  readonly layer: number
}
