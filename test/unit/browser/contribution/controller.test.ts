import { afterEach, describe, expect, it } from 'vitest'
import { ContributionController, type ContributionEffects, ContributionRefused, type SessionFacts } from '../../../../browser/contribution/controller.ts'
import { FakeEnvironment } from '../../../../browser/contribution/fake-environment.ts'
import { defaultSettings, type Settings } from '../../../../browser/session/settings.ts'
import { Store } from '../../../../browser/state/store.ts'
import { ManualClock } from '../../../manual-clock.ts'

const HOUR_MS = 3_600_000

class Harness {
  readonly clock = new ManualClock(new Date(2024, 4, 15, 12, 0).getTime())
  readonly environment = new FakeEnvironment()
  readonly settings = new Store<Settings>(defaultSettings)
  readonly done: string[] = []
  readonly states: string[] = []
  failDevice: Error | null = null
  readonly controller: ContributionController

  constructor(facts: Partial<SessionFacts> = {}) {
    const effects: ContributionEffects = {
      setDevice: async (on) => {
        this.done.push(`device ${on ? 'on' : 'off'}`)
        if (on && this.failDevice !== null) throw this.failDevice
      },
      setSlots: (slots) => this.done.push(`slots ${slots}`),
      setDuty: (percent) => this.done.push(`duty ${percent}`),
      leaveJobs: async (when) => {
        this.done.push(`leave ${when}`)
        await new Promise<void>((resolve) => this.clock.after(when === 'now' ? 10 : 1000, resolve))
        this.controller.update({ jobs: [] })
      },
      changed: ({ phase, reason }) => this.states.push(reason === null ? phase : `${phase}/${reason}`),
      woke: () => this.done.push('woke'),
    }
    const { settings, environment, clock } = this
    this.controller = new ContributionController({ settings, environment, clock, effects, facts: { connected: true, peers: 2, ...facts } })
    this.controller.start()
  }

  /** What was done since the last time. */
  get news(): string[] {
    return this.done.splice(0)
  }

  async contributing(): Promise<this> {
    await this.controller.contribute()
    await this.clock.run(0)
    this.done.length = 0
    this.states.length = 0
    return this
  }
}

let harness: Harness
afterEach(() => harness.controller.stop())

describe('the contribution controller', () => {
  it('does nothing until it is told to, whatever happens', async () => {
    harness = new Harness()
    await harness.clock.run(24 * HOUR_MS)
    harness.environment.change({ visible: false })
    harness.controller.update({ jobs: [] })
    harness.controller.resume()
    expect(harness.news).toEqual(['duty 50', 'slots 0'])
    expect(new Set(harness.states)).toEqual(new Set(['off']))
  })

  it('Contribute opens the device, then waits for a job', async () => {
    harness = new Harness()
    await harness.controller.contribute()
    await harness.clock.run(0)
    expect(harness.news).toEqual(['duty 50', 'slots 0', 'slots 1', 'device on'])
    expect(harness.states).toEqual(['off', 'connecting', 'waiting/no-job'])
  })

  it('what blocks at the moment of consent holds: the slot is told to be closed though it never was open', async () => {
    harness = new Harness()
    harness.environment.change({ battery: { supported: true, charging: false, level: 0.5 } })
    await harness.controller.contribute()
    await harness.clock.run(0)
    expect(harness.controller.decision).toMatchObject({ phase: 'paused', reason: 'battery' })
    // Compute is open to jobs until it is told otherwise.
    expect(harness.news.filter((line) => line.startsWith('slots'))).toEqual(['slots 0'])
  })

  it('a device that does not open is an error, and leaves everything off', async () => {
    harness = new Harness()
    harness.failDevice = new Error('WebGPU found no usable GPU.')
    await expect(harness.controller.contribute()).rejects.toThrow('no usable GPU')
    await harness.clock.run(0)
    expect(harness.controller.decision).toMatchObject({ phase: 'off', slots: 0, deviceOn: false })
    harness.failDevice = null
    await harness.controller.contribute()
    expect(harness.controller.decision.slots, 'it can be tried again').toBe(1)
  })

  it('Contribute on a phone is refused with a code', async () => {
    harness = new Harness({ phone: true })
    const error = await harness.controller.contribute().catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(ContributionRefused)
    expect(error).toMatchObject({ code: 'phone', message: expect.stringContaining('watch only') })
    expect(harness.news).toEqual(['duty 50', 'slots 0'])
  })

  it('Pause takes no new job and leaves the one there is; the device stays open; a snooze ends by itself', async () => {
    harness = await new Harness().contributing()
    harness.controller.update({ jobs: [{ name: 'digits' }] })
    harness.controller.pause(HOUR_MS)
    await harness.clock.run(100)
    expect(harness.news).toEqual(['slots 0', 'leave now'])
    expect(harness.states).toEqual(['computing', 'paused/user', 'paused/user'])
    await harness.clock.run(HOUR_MS - 200)
    expect(harness.news).toEqual([])
    await harness.clock.run(200)
    expect(harness.news).toEqual(['slots 1'])
  })

  it('"finish round" waits for its end, then pauses', async () => {
    harness = await new Harness().contributing()
    harness.controller.update({ jobs: [{ name: 'digits' }] })
    harness.controller.finishRound()
    await harness.clock.run(500)
    expect(harness.states.at(-1)).toBe('finishing/user')
    await harness.clock.run(1000)
    expect(harness.states.at(-1)).toBe('paused/user')
    expect(harness.news).toEqual(['slots 0', 'leave round-end'])
  })

  it('"pause" overtakes "finish round"', async () => {
    harness = await new Harness().contributing()
    harness.controller.update({ jobs: [{ name: 'digits' }] })
    harness.controller.finishRound()
    harness.controller.pause()
    await harness.clock.run(50)
    expect(harness.news).toEqual(['slots 0', 'leave round-end', 'leave now'])
  })

  it('unplugged: the round is finished, then it rests until the plug is back', async () => {
    harness = await new Harness().contributing()
    harness.controller.update({ jobs: [{ name: 'digits' }] })
    harness.environment.change({ battery: { supported: true, charging: false, level: 0.8 } })
    await harness.clock.run(1500)
    expect(harness.states).toEqual(['computing', 'finishing/battery', 'paused/battery'])
    harness.environment.change({ battery: { supported: true, charging: true, level: 0.8 } })
    expect(harness.states.at(-1)).toBe('waiting/no-job')
    expect(harness.news).toEqual(['slots 0', 'leave round-end', 'slots 1'])
  })

  it('yields to the hands of its user, and comes back after ten seconds without them', async () => {
    harness = await new Harness().contributing()
    harness.environment.tell('input')
    expect(harness.news).toEqual(['duty 13'])
    await harness.clock.run(9_000)
    harness.environment.tell('input')
    await harness.clock.run(9_000)
    expect(harness.news).toEqual([])
    await harness.clock.run(2_000)
    expect(harness.news).toEqual(['duty 50'])
  })

  it('a slider takes effect at once', async () => {
    harness = await new Harness().contributing()
    harness.settings.update((settings) => ({ ...settings, dutyPercent: 20 }))
    expect(harness.news).toEqual(['duty 20'])
  })

  it('keeps the screen awake only while it computes, and only if asked', async () => {
    harness = await new Harness().contributing()
    harness.settings.update((settings) => ({ ...settings, keepAwake: true }))
    expect(harness.environment.awake).toBe(false)
    harness.controller.update({ jobs: [{ name: 'digits' }] })
    expect(harness.environment.awake).toBe(true)
    harness.controller.update({ jobs: [] })
    expect(harness.environment.awake).toBe(false)
  })

  it('a page that comes back from being frozen says so', async () => {
    harness = await new Harness().contributing()
    harness.environment.tell('back')
    expect(harness.news).toEqual(['woke'])
  })

  it('another tab that takes over ends it for good', async () => {
    harness = await new Harness().contributing()
    harness.controller.update({ otherTab: true })
    await harness.clock.run(0)
    expect(harness.news).toEqual(['slots 0', 'device off'])
    harness.controller.update({ otherTab: false })
    await harness.clock.run(HOUR_MS)
    expect(harness.news, 'it does not start again by itself').toEqual([])
    expect(harness.controller.decision.phase).toBe('off')
  })

  it('off leaves the jobs before it closes the device', async () => {
    harness = await new Harness().contributing()
    harness.controller.update({ jobs: [{ name: 'digits' }] })
    harness.controller.off()
    await harness.clock.run(100)
    expect(harness.news.filter((what) => what !== 'leave now')).toEqual(['slots 0', 'device off'])
    expect(harness.states.at(-1)).toBe('off')
  })
})
