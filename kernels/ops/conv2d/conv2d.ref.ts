import type { ConvSizes } from './types.ts'

/** Calls `visit` with the flat indices of every (output, input, weight) element that a product of the convolution joins. */
export function eachProduct(sizes: ConvSizes, visit: (output: number, input: number, weight: number) => void): void {
  const { batch, outChannels, inChannels, groupIn, groupOut, inSize, outSize, kernel, stride, padding } = sizes
  for (let b = 0; b < batch; b++) {
    for (let o = 0; o < outChannels; o++) {
      for (let oh = 0; oh < outSize[0]; oh++) {
        for (let ow = 0; ow < outSize[1]; ow++) {
          const output = ((b * outChannels + o) * outSize[0] + oh) * outSize[1] + ow
          for (let c = 0; c < groupIn; c++) {
            const channel = Math.floor(o / groupOut) * groupIn + c
            for (let kh = 0; kh < kernel[0]; kh++) {
              const h = oh * stride[0] + kh - padding[0]
              if (h < 0 || h >= inSize[0]) continue
              for (let kw = 0; kw < kernel[1]; kw++) {
                const w = ow * stride[1] + kw - padding[1]
                if (w < 0 || w >= inSize[1]) continue
                visit(output, ((b * inChannels + channel) * inSize[0] + h) * inSize[1] + w, ((o * groupIn + c) * kernel[0] + kh) * kernel[1] + kw)
              }
            }
          }
        }
      }
    }
  }
}

export function conv2dReference(inputs: readonly Float64Array[], sizes: ConvSizes): Float64Array {
  const [x = new Float64Array(), weight = new Float64Array(), bias] = inputs
  const plane = sizes.outSize[0] * sizes.outSize[1]
  const y = Float64Array.from({ length: sizes.batch * sizes.outChannels * plane }, (_, i) =>
    bias ? (bias[Math.floor(i / plane) % sizes.outChannels] ?? Number.NaN) : 0,
  )
  eachProduct(sizes, (output, input, w) => {
    y[output] = (y[output] ?? 0) + (x[input] ?? Number.NaN) * (weight[w] ?? Number.NaN)
  })
  return y
}
