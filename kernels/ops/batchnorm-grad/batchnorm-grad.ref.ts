import { channelElement } from '../batchnorm/batchnorm.ref.ts'

export function batchnormGradReference(inputs: readonly Float64Array[], shape: readonly number[], count: number): Float64Array[] {
  const [g = new Float64Array(), x = new Float64Array(), means = new Float64Array(), inverses = new Float64Array(), scale = new Float64Array()] = inputs
  const [batch = 0, channels = 0, spatial = 0] = shape
  const dx = new Float64Array(x.length)
  const [dScale, dShift] = [new Float64Array(channels), new Float64Array(channels)]
  const counted = Math.min(count, batch) * spatial
  for (let channel = 0; channel < channels; channel++) {
    const inverse = inverses[channel] ?? Number.NaN
    const normalised = (i: number) => ((x[i] ?? Number.NaN) - (means[channel] ?? Number.NaN)) * inverse
    let [sum, product] = [0, 0]
    for (let e = 0; e < counted; e++) {
      const i = channelElement(shape, channel, e)
      sum += g[i] ?? Number.NaN
      product += (g[i] ?? Number.NaN) * normalised(i)
    }
    for (let e = 0; e < counted; e++) {
      const i = channelElement(shape, channel, e)
      dx[i] = (scale[channel] ?? Number.NaN) * inverse * ((g[i] ?? Number.NaN) - sum / counted - (normalised(i) * product) / counted)
    }
    dScale[channel] = product
    dShift[channel] = sum
  }
  return [dx, dScale, dShift]
}
