export interface CrossEntropyAttributes {
  readonly labelSmoothing: number
  readonly ignoreIndex: number
  /** 1, or the sequence length of a token model. */
  readonly rowsPerSample: number
  readonly withGradient: boolean
}
