import { windowsAlong } from '../conv2d/types.ts'

export interface PoolAttributes {
  /** Height, then width; as everywhere here. */
  readonly kernel: readonly [number, number]
  readonly stride: readonly [number, number]
  readonly padding: readonly [number, number]
}

export interface PoolSizes extends PoolAttributes {
  /** Samples times channels. */
  readonly planes: number
  readonly inSize: readonly [number, number]
  readonly outSize: readonly [number, number]
}

/** `x: [B, C, H, W]`. */
export function poolSizes(x: readonly number[], attributes: PoolAttributes): PoolSizes {
  const [batch = 0, channels = 0, height = 0, width = 0] = x
  const { kernel, stride, padding } = attributes
  const outSize = [windowsAlong(height, kernel[0], stride[0], padding[0]), windowsAlong(width, kernel[1], stride[1], padding[1])] as const
  return { kernel, stride, padding, planes: batch * channels, inSize: [height, width], outSize }
}

/** Calls `visit` with the flat indices of every output and every input in its window, outputs in order. */
export function eachInWindow({ planes, inSize, outSize, kernel, stride, padding }: PoolSizes, visit: (output: number, input: number) => void): void {
  for (let plane = 0; plane < planes; plane++) {
    for (let oh = 0; oh < outSize[0]; oh++) {
      for (let ow = 0; ow < outSize[1]; ow++) {
        for (let kh = 0; kh < kernel[0]; kh++) {
          for (let kw = 0; kw < kernel[1]; kw++) {
            const [h, w] = [oh * stride[0] + kh - padding[0], ow * stride[1] + kw - padding[1]]
            if (h < 0 || h >= inSize[0] || w < 0 || w >= inSize[1]) continue
            visit((plane * outSize[0] + oh) * outSize[1] + ow, (plane * inSize[0] + h) * inSize[1] + w)
          }
        }
      }
    }
  }
}

/**
 * WGSL around a walk over the window of output `i`: `statements` see `h`, `w` (i32, inside the image) and `input`, the
 * flat index. `array`: any bound array, for `loopBound`.
 */
export function windowOfOutput({ inSize, outSize, kernel, stride, padding }: PoolSizes, bound: (count: number) => string, statements: string): string {
  return /* wgsl */ `
  let ow = i % ${outSize[1]}u;
  let oh = i / ${outSize[1]}u % ${outSize[0]}u;
  let plane = i / ${outSize[0] * outSize[1]}u;
  let rows = ${bound(kernel[0])};
  let columns = ${bound(kernel[1])};
  for (var kh = 0u; kh < rows; kh++) {
    let h = i32(oh * ${stride[0]}u + kh) - ${padding[0]};
    if (h < 0 || h >= ${inSize[0]}) { continue; }
    for (var kw = 0u; kw < columns; kw++) {
      let w = i32(ow * ${stride[1]}u + kw) - ${padding[1]};
      if (w < 0 || w >= ${inSize[1]}) { continue; }
      let input = (plane * ${inSize[0]}u + u32(h)) * ${inSize[1]}u + u32(w);
      ${statements}
    }
  }`
}

/** Windows of so many inputs are written out one by one. */
const MAX_UNROLLED_WINDOW = 16

/** No window reaches beyond the image, and it is small: `eachOfWindow` can do it. */
export function windowsAreInside({ kernel, padding }: PoolSizes): boolean {
  return padding[0] === 0 && padding[1] === 0 && kernel[0] * kernel[1] <= MAX_UNROLLED_WINDOW
}

/** Every input lies in exactly one window. */
export function windowsTile({ inSize, outSize, kernel, stride }: PoolSizes): boolean {
  return ([0, 1] as const).every((side) => kernel[side] === stride[side] && inSize[side] === outSize[side] * stride[side])
}

/** `windowOfOutput` without loops and checks, where `windowsAreInside`: `statements` see `input`. */
export function eachOfWindow({ inSize, outSize, kernel, stride }: PoolSizes, statements: string): string {
  const places = Array.from({ length: kernel[0] * kernel[1] }, (_, i) => Math.floor(i / kernel[1]) * inSize[1] + (i % kernel[1]))
  return /* wgsl */ `
  let corner = (i / ${outSize[0] * outSize[1]}u * ${inSize[0]}u + i / ${outSize[1]}u % ${outSize[0]}u * ${stride[0]}u) * ${inSize[1]}u + i % ${outSize[1]}u * ${stride[1]}u;
  ${places.map((place) => `{ let input = corner + ${place}u; ${statements} }`).join('\n  ')}`
}

/** WGSL around a walk over the outputs whose windows hold input `i`: `statements` see `output`, the flat index. */
export function outputsOfInput({ inSize, outSize, kernel, stride, padding }: PoolSizes, statements: string): string {
  // Windows start at oh·stride − padding: those that hold h begin in (h + padding − kernel, h + padding].
  const firstAfter = (place: string, side: 0 | 1) =>
    `select(0u, (${place} + ${padding[side]}u - ${kernel[side]}u) / ${stride[side]}u + 1u, ${place} + ${padding[side]}u >= ${kernel[side]}u)`
  const last = (place: string, side: 0 | 1) => `min((${place} + ${padding[side]}u) / ${stride[side]}u, ${outSize[side] - 1}u)`
  return /* wgsl */ `
  let w = i % ${inSize[1]}u;
  let h = i / ${inSize[1]}u % ${inSize[0]}u;
  let plane = i / ${inSize[0] * inSize[1]}u;
  let last_h = ${last('h', 0)};
  let last_w = ${last('w', 1)};
  for (var oh = ${firstAfter('h', 0)}; oh <= last_h; oh++) {
    for (var ow = ${firstAfter('w', 1)}; ow <= last_w; ow++) {
      let output = (plane * ${outSize[0]}u + oh) * ${outSize[1]}u + ow;
      ${statements}
    }
  }`
}
