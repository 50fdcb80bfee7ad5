/** Index of element e of a channel, e counting over samples and then over space. */
export function channelElement(shape: readonly number[], channel: number, e: number): number {
  const [, channels = 0, spatial = 0] = shape
  return (Math.floor(e / spatial) * channels + channel) * spatial + (e % spatial)
}

export function batchnormReference(inputs: readonly Float64Array[], shape: readonly number[], eps: number, count: number): Float64Array[] {
  const [x = new Float64Array(), scale = new Float64Array(), shift = new Float64Array()] = inputs
  const [batch = 0, channels = 0, spatial = 0] = shape
  const y = new Float64Array(x.length)
  const [means, inverses, variances] = [new Float64Array(channels), new Float64Array(channels), new Float64Array(channels)]
  const counted = Math.min(count, batch) * spatial
  for (let channel = 0; channel < channels; channel++) {
    const value = (e: number) => x[channelElement(shape, channel, e)] ?? Number.NaN
    let sum = 0
    for (let e = 0; e < counted; e++) sum += value(e)
    const mean = sum / counted
    let square = 0
    for (let e = 0; e < counted; e++) square += (value(e) - mean) ** 2
    means[channel] = mean
    inverses[channel] = 1 / Math.sqrt(square / counted + eps)
    variances[channel] = square / Math.max(counted - 1, 1)
    for (let e = 0; e < batch * spatial; e++) {
      y[channelElement(shape, channel, e)] = (value(e) - mean) * (inverses[channel] ?? 0) * (scale[channel] ?? Number.NaN) + (shift[channel] ?? Number.NaN)
    }
  }
  return [y, means, inverses, variances]
}
