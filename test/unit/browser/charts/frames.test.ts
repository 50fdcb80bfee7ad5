import { describe, expect, it } from 'vitest'
import { DRAW_INTERVAL_MS, type Drawable, FrameScheduler } from '../../../../browser/charts/frames.ts'

class FakeFrames {
  nowMs = 0
  pending: ((timeMs: number) => void) | null = null

  request(callback: (timeMs: number) => void): number {
    this.pending = callback
    return 1
  }

  cancel(): void {
    this.pending = null
  }

  now(): number {
    return this.nowMs
  }

  run(untilMs: number): void {
    while (this.nowMs < untilMs) {
      this.nowMs += 16
      const callback = this.pending
      this.pending = null
      callback?.(this.nowMs)
    }
  }
}

const setup = () => {
  const host = new FakeFrames()
  const scheduler = new FrameScheduler(host)
  /** Asks to be drawn again at once, as under a stream of data. */
  const chart = (costMs: number) => {
    const drawable: Drawable & { drawn: number } = {
      drawn: 0,
      draw() {
        drawable.drawn++
        host.nowMs += costMs
        scheduler.request(drawable)
      },
    }
    scheduler.request(drawable)
    return drawable
  }
  return { host, scheduler, chart }
}

describe('FrameScheduler', () => {
  it('draws each chart at most ten times a second', () => {
    const { host, chart } = setup()
    const one = chart(0)
    host.run(10 * DRAW_INTERVAL_MS)
    expect(one.drawn).toBeLessThanOrEqual(11)
    expect(one.drawn).toBeGreaterThanOrEqual(8)
  })

  it('draws what is slow less often', () => {
    const { host, chart } = setup()
    const slow = chart(50)
    host.run(5_000)
    expect(slow.drawn).toBeLessThanOrEqual(11)
  })

  it('leaves the rest of a frame to the page and forgets nobody', () => {
    const { host, chart } = setup()
    const charts = Array.from({ length: 8 }, () => chart(6))
    host.run(30)
    expect(charts.filter(({ drawn }) => drawn > 0).length).toBeLessThan(8)
    host.run(1_000)
    expect(charts.every(({ drawn }) => drawn > 2)).toBe(true)
  })

  it('asks for no frame when nobody waits', () => {
    const { host, scheduler } = setup()
    const drawable = { draw: () => {} }
    scheduler.request(drawable)
    scheduler.cancel(drawable)
    expect(host.pending).toBeNull()
  })
})
