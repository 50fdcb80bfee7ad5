export interface DropoutAttributes {
  readonly p: number
  /** Tells the masks of several dropout layers apart. */
  readonly layer: number
  /** Of a piece of a larger node: which of its samples comes first here. */
  readonly firstSample?: number
}
