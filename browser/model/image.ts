/**
 * From a drawing to what the model was trained on. Data sets centre and scale their images in a way of their own, and a
 * model that never saw a digit in a corner knows nothing of one; so the drawing gets the same treatment.
 *
 * - MNIST and its kin: the ink fits a box of 20 in 28, its centre of mass in the middle.
 * - Fashion-MNIST: the longer side fills 28, the box in the middle.
 * - UCI digits (8×8): the ink fills the image, the box in the middle.
 *
 * Ink is 0 to 1, white on black, row by row. Pure functions: no canvas, no DOM.
 */
import type { ImageKind } from './kind.ts'

export interface Framing {
  readonly width: number
  readonly height: number
  /** The ink's longer side, in pixels of the result. */
  readonly box: number
  readonly centre: 'mass' | 'box'
}

/** Ink fainter than this is a brush's soft edge, not a part of the drawing's extent. */
const FAINT = 0.1

export function framingOf(image: Pick<ImageKind, 'width' | 'height'>, dataset: string | null): Framing {
  const { width, height } = image
  const side = Math.min(width, height)
  if (dataset === 'fashion-mnist' || side < 16) return { width, height, box: side, centre: 'box' }
  return { width, height, box: Math.round((side * 20) / 28), centre: 'mass' }
}

/** A square of ink that strokes are drawn into. */
export class Sketch {
  readonly size: number
  readonly ink: Float32Array

  constructor(size: number) {
    this.size = size
    this.ink = new Float32Array(size * size)
  }

  get blank(): boolean {
    return this.ink.every((value) => value < FAINT)
  }

  clear(): void {
    this.ink.fill(0)
  }

  /** A round brush from one point to another, with an edge one cell soft. Points and radius in cells. */
  stroke(fromX: number, fromY: number, toX: number, toY: number, radius: number): void {
    const { size, ink } = this
    const reach = radius + 1
    const left = Math.max(0, Math.floor(Math.min(fromX, toX) - reach))
    const right = Math.min(size - 1, Math.ceil(Math.max(fromX, toX) + reach))
    const top = Math.max(0, Math.floor(Math.min(fromY, toY) - reach))
    const bottom = Math.min(size - 1, Math.ceil(Math.max(fromY, toY) + reach))
    const dx = toX - fromX
    const dy = toY - fromY
    const length2 = dx * dx + dy * dy
    for (let y = top; y <= bottom; y++) {
      for (let x = left; x <= right; x++) {
        const px = x + 0.5 - fromX
        const py = y + 0.5 - fromY
        const along = length2 === 0 ? 0 : Math.min(1, Math.max(0, (px * dx + py * dy) / length2))
        const distance = Math.hypot(px - along * dx, py - along * dy)
        const value = Math.min(1, Math.max(0, radius + 0.5 - distance))
        const at = y * size + x
        if (value > (ink[at] as number)) ink[at] = value
      }
    }
  }
}

/** The drawing as the model wants it, `[height, width]`; null when nothing was drawn. */
export function framed(sketch: Sketch, framing: Framing): Float32Array<ArrayBuffer> | null {
  const extent = extentOf(sketch)
  if (extent === null) return null
  const { left, top, width, height, massX, massY } = extent
  const scale = framing.box / Math.max(width, height)
  // Where the extent's corner comes to lie in the result; never so that ink falls over the edge.
  const place = (side: number, length: number, from: number, mass: number): number => {
    const room = side - length * scale
    const wanted = framing.centre === 'mass' ? side / 2 - (mass - from) * scale : room / 2
    return room <= 0 ? room / 2 : Math.min(room, Math.max(0, wanted))
  }
  const offsetX = place(framing.width, width, left, massX)
  const offsetY = place(framing.height, height, top, massY)
  return resample(sketch, framing, left - offsetX / scale, top - offsetY / scale, 1 / scale)
}

/** The whole drawing, neither centred nor scaled to its ink. */
export function unframed(sketch: Sketch, framing: Pick<Framing, 'width' | 'height'>): Float32Array<ArrayBuffer> | null {
  if (sketch.blank) return null
  const cell = sketch.size / Math.max(framing.width, framing.height)
  return resample(sketch, framing, (sketch.size - framing.width * cell) / 2, (sketch.size - framing.height * cell) / 2, cell)
}

/** The same grey in every channel, channels first. */
export function inChannels(pixels: Float32Array, channels: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(pixels.length * channels)
  for (let channel = 0; channel < channels; channel++) all.set(pixels, channel * pixels.length)
  return all
}

function extentOf({ ink, size }: Sketch) {
  let left = size
  let right = -1
  let top = size
  let bottom = -1
  let mass = 0
  let massX = 0
  let massY = 0
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const value = ink[y * size + x] as number
      if (value < FAINT) continue
      left = Math.min(left, x)
      right = Math.max(right, x)
      top = Math.min(top, y)
      bottom = Math.max(bottom, y)
      mass += value
      massX += value * (x + 0.5)
      massY += value * (y + 0.5)
    }
  }
  if (right < 0) return null
  return { left, top, width: right - left + 1, height: bottom - top + 1, massX: massX / mass, massY: massY / mass }
}

/** Each pixel is the mean ink over the square of side `cell` that it covers, from (`originX`, `originY`) on. */
function resample({ ink, size }: Sketch, { width, height }: Pick<Framing, 'width' | 'height'>, originX: number, originY: number, cell: number) {
  const result = new Float32Array(width * height)
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const x0 = originX + column * cell
      const y0 = originY + row * cell
      let sum = 0
      for (let y = Math.max(0, Math.floor(y0)); y < Math.min(size, y0 + cell); y++) {
        const high = Math.min(y + 1, y0 + cell) - Math.max(y, y0)
        for (let x = Math.max(0, Math.floor(x0)); x < Math.min(size, x0 + cell); x++) {
          const wide = Math.min(x + 1, x0 + cell) - Math.max(x, x0)
          sum += (ink[y * size + x] as number) * wide * high
        }
      }
      result[row * width + column] = Math.min(1, sum / (cell * cell))
    }
  }
  return result
}
