import { describe, expect, it } from 'vitest'
import { framed, framingOf, inChannels, Sketch, unframed } from '../../../../browser/model/image.ts'

const mnist = framingOf({ width: 28, height: 28 }, null)

function extent(pixels: Float32Array, width: number) {
  const on = [...pixels.keys()].filter((i) => (pixels[i] as number) > 0.05)
  const columns = on.map((i) => i % width)
  const rows = on.map((i) => Math.floor(i / width))
  return { left: Math.min(...columns), right: Math.max(...columns), top: Math.min(...rows), bottom: Math.max(...rows) }
}

function centreOfMass(pixels: Float32Array, width: number) {
  let [mass, x, y] = [0, 0, 0]
  pixels.forEach((value, i) => {
    mass += value
    x += value * ((i % width) + 0.5)
    y += value * (Math.floor(i / width) + 0.5)
  })
  return { x: x / mass, y: y / mass }
}

describe('a drawing', () => {
  it('is nothing while nothing was drawn', () => {
    const sketch = new Sketch(112)
    expect(sketch.blank).toBe(true)
    expect(framed(sketch, mnist)).toBeNull()
    expect(unframed(sketch, mnist)).toBeNull()
    sketch.stroke(10, 10, 20, 20, 3)
    expect(sketch.blank).toBe(false)
    sketch.clear()
    expect(sketch.blank).toBe(true)
  })

  it('looks the same to the model wherever it was drawn', () => {
    const at = (x: number, y: number) => {
      const sketch = new Sketch(112)
      sketch.stroke(x, y, x + 20, y + 30, 4)
      sketch.stroke(x + 20, y + 30, x, y + 30, 4)
      return framed(sketch, mnist) as Float32Array
    }
    const [corner, middle] = [at(8, 8), at(50, 50)]
    corner.forEach((value, i) => {
      expect(Math.abs(value - (middle[i] as number)), `pixel ${i}`).toBeLessThan(1e-5)
    })
  })

  it('is centred by its mass and scaled to 20 of 28 pixels, as MNIST is', () => {
    const sketch = new Sketch(112)
    sketch.stroke(30, 10, 30, 90, 5)
    sketch.stroke(30, 90, 60, 90, 5)
    const pixels = framed(sketch, mnist) as Float32Array
    const { top, bottom } = extent(pixels, 28)
    expect(bottom - top + 1).toBeGreaterThanOrEqual(20)
    expect(bottom - top + 1).toBeLessThanOrEqual(22)
    const centre = centreOfMass(pixels, 28)
    expect(centre.x).toBeCloseTo(14, 0)
    expect(Math.abs(centre.y - 14)).toBeLessThan(1)
  })

  it('fills the image where the data set does', () => {
    const sketch = new Sketch(112)
    sketch.stroke(50, 20, 54, 80, 4)
    for (const framing of [framingOf({ width: 28, height: 28 }, 'fashion-mnist'), framingOf({ width: 8, height: 8 }, 'digits')]) {
      const { top, bottom } = extent(framed(sketch, framing) as Float32Array, framing.width)
      expect([top, bottom]).toEqual([0, framing.height - 1])
    }
  })

  it('keeps its ink: the mean over an area is the mean of the drawing there', () => {
    const sketch = new Sketch(112)
    sketch.ink.fill(1)
    expect([...(unframed(sketch, mnist) as Float32Array)].every((value) => Math.abs(value - 1) < 1e-6)).toBe(true)
    sketch.clear()
    sketch.ink.fill(1, 0, 112 * 56)
    const half = unframed(sketch, mnist) as Float32Array
    expect(half[0]).toBeCloseTo(1)
    expect(half[28 * 27]).toBe(0)
  })

  it('never falls over the edge of the image', () => {
    const sketch = new Sketch(112)
    // Nearly all mass at one end: centring by mass alone would push the tail out.
    sketch.stroke(10, 56, 14, 56, 10)
    sketch.stroke(14, 56, 100, 56, 1)
    const pixels = framed(sketch, mnist) as Float32Array
    const whole = framed(sketch, { ...mnist, centre: 'box' }) as Float32Array
    const sum = (values: Float32Array) => values.reduce((total, value) => total + value, 0)
    expect(sum(pixels)).toBeCloseTo(sum(whole), 2)
  })

  it('has the same grey in every channel', () => {
    expect([...inChannels(Float32Array.of(0.25, 0.5), 3)]).toEqual([0.25, 0.5, 0.25, 0.5, 0.25, 0.5])
  })
})
