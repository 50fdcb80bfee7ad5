export interface BatchNormAttributes {
  readonly eps: number
}
