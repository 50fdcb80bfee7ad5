export function batchnormApplyReference(inputs: readonly Float64Array[], shape: readonly number[], eps: number): Float64Array {
  const [x = new Float64Array(), ...vectors] = inputs
  const [, channels = 0, spatial = 0] = shape
  return x.map((value, i) => {
    const channel = Math.floor(i / spatial) % channels
    const [mean = 0, variance = 0, scale = 0, shift = 0] = vectors.map((vector) => vector[channel] ?? Number.NaN)
    return ((value - mean) / Math.sqrt(variance + eps)) * scale + shift
  })
}
