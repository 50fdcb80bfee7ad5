import { describe, expect, it } from 'vitest'
import { DutyCycle } from '../../../protocol/compute/index.ts'
import { ManualClock } from '../../manual-clock.ts'

/** Work of `workMs` per submission, one behind the other, for `forMs`; returns what the GPU did. */
async function run(duty: DutyCycle, clock: ManualClock, workMs: number, forMs: number): Promise<{ submissions: number; busyMs: number; longestMs: number }> {
  const signal = new AbortController().signal
  const endMs = clock.now() + forMs
  let submissions = 0
  let busyMs = 0
  let longestMs = 0
  const loop = (async () => {
    while (clock.now() < endMs) {
      const askedMs = clock.now()
      const done = await duty.begin(signal)
      if (clock.now() >= endMs) return done?.()
      longestMs = Math.max(longestMs, clock.now() - askedMs)
      await new Promise<void>((resolve) => clock.after(workMs, resolve))
      submissions += 1
      busyMs += workMs
      done?.()
    }
  })()
  await clock.run(forMs + 10_000)
  await loop
  return { submissions, busyMs, longestMs }
}

describe('the duty cycle', () => {
  it.each([
    [5, 10],
    [25, 3],
    [50, 1],
    [50, 40],
    [80, 200],
    [95, 7],
  ])('keeps the GPU busy %i %% of the time with steps of %i ms, and no more', async (percent, workMs) => {
    const clock = new ManualClock()
    const { busyMs } = await run(new DutyCycle(clock, percent), clock, workMs, 20_000)
    const share = busyMs / 20_000
    expect(share).toBeLessThanOrEqual(percent / 100 + workMs / 20_000 + 0.002)
    expect(share).toBeGreaterThan((percent / 100) * 0.9)
  })

  it('rests after every submission: no five seconds of full load after five of nothing', async () => {
    const clock = new ManualClock()
    const duty = new DutyCycle(clock, 20)
    await clock.run(60_000)
    const { submissions } = await run(duty, clock, 100, 2_000)
    // 100 ms of work and 400 of rest: four or five in two seconds, however long nothing happened before.
    expect(submissions).toBeLessThanOrEqual(5)
    expect(submissions).toBeGreaterThanOrEqual(4)
  })

  it('without a limit nothing waits, and submissions overlap', async () => {
    const clock = new ManualClock()
    const duty = new DutyCycle(clock)
    const signal = new AbortController().signal
    const dones = await Promise.all(Array.from({ length: 4 }, () => duty.begin(signal)))
    expect(dones.every((done) => done !== null)).toBe(true)
    await clock.run(500)
    for (const done of dones) done?.()
    expect(duty.usage().gpuSeconds, 'overlapping work counts once').toBeCloseTo(0.5, 3)
  })

  it('with a limit submissions come one at a time, in the order in which they asked', async () => {
    const clock = new ManualClock()
    const duty = new DutyCycle(clock, 50)
    const signal = new AbortController().signal
    const order: number[] = []
    let inFlight = 0
    let most = 0
    const one = async (i: number): Promise<void> => {
      const done = await duty.begin(signal)
      order.push(i)
      inFlight += 1
      most = Math.max(most, inFlight)
      await new Promise<void>((resolve) => clock.after(20, resolve))
      inFlight -= 1
      done?.()
    }
    const all = Promise.all([0, 1, 2, 3, 4].map(one))
    await clock.run(2_000)
    await all
    expect(order).toEqual([0, 1, 2, 3, 4])
    expect(most).toBe(1)
  })

  it('a new limit takes effect at once, also for who is resting', async () => {
    const clock = new ManualClock()
    const duty = new DutyCycle(clock, 1)
    const signal = new AbortController().signal
    const first = await duty.begin(signal)
    await clock.run(100)
    first?.()
    let begun = false
    const second = duty.begin(signal).then((done) => {
      begun = true
      done?.()
    })
    await clock.run(1_000)
    expect(begun, 'at 1 % it owes 9.9 s of rest').toBe(false)
    duty.setPercent(100)
    await second
    expect(begun).toBe(true)
  })

  it('who gives up leaves no timer behind and does not hold up the next', async () => {
    const clock = new ManualClock()
    const duty = new DutyCycle(clock, 10)
    const done = await duty.begin(new AbortController().signal)
    await clock.run(50)
    done?.()
    const abort = new AbortController()
    const given = duty.begin(abort.signal)
    abort.abort()
    expect(await given).toBeNull()
    expect(clock.timers, 'nobody waits').toBe(0)
    expect(await duty.begin(abort.signal), 'already given up').toBeNull()
  })

  it('measures over the last ten seconds, and counts GPU seconds for good', async () => {
    const clock = new ManualClock()
    const duty = new DutyCycle(clock, 30)
    await run(duty, clock, 30, 20_000)
    const { gpuSeconds } = duty.usage()
    expect(gpuSeconds).toBeCloseTo(6, 0)
    await clock.run(20_000)
    expect(duty.usage()).toEqual({ limitPercent: 30, measuredPercent: 0, gpuSeconds })
    const done = await duty.begin(new AbortController().signal)
    await clock.run(1_000)
    expect(duty.usage().measuredPercent, 'work under way counts').toBeCloseTo(10, 0)
    done?.()
  })

  it('refuses shares that are none', () => {
    for (const percent of [0, -5, 101, Number.NaN]) expect(() => new DutyCycle(new ManualClock(), percent)).toThrow(/above 0 and at most 100/)
  })
})
