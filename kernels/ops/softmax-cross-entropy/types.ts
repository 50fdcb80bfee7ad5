export interface CrossEntropyAttributes {
  readonly labelSmoothing: number
  readonly ignoreIndex: number
  /** 1, or the sequence length of a token model. */
  readonly rowsPerSample: number
  readonly withGradient: boolean
  /** The gradient is multiplied by the step's loss scale. */
  readonly scaled: boolean
  /** Of a piece of a larger node: which of its rows comes first here. */
  readonly firstRow?: number
}
