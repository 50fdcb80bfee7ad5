import { describe, expect, it } from 'vitest'
import {
  type ContributionSettings,
  decide,
  type Facts,
  INITIAL_FACTS,
  type Intent,
  OFF,
  refusal,
  stepIntent,
} from '../../../../browser/contribution/contribution-core.ts'
import { inSchedule, nextStart } from '../../../../browser/contribution/schedule.ts'

/** A Wednesday, 12:30 local time. */
const NOW = new Date(2024, 4, 15, 12, 30).getTime()
const SETTINGS: ContributionSettings = { dutyPercent: 50, whileOnBattery: false, yieldWhileInUse: true, schedule: null }
const READY: Facts = { ...INITIAL_FACTS, device: 'ready', connected: true, peers: 3 }
const TRAINING: Facts = { ...READY, jobs: [{ name: 'digits' }] }
const ON: Intent = { wish: 'on', pausedUntilMs: null }
const ON_BATTERY = { supported: true, charging: false, level: 0.42 }

const decided = (facts: Partial<Facts> = {}, settings: Partial<ContributionSettings> = {}, intent: Intent = ON) =>
  decide(intent, { ...READY, ...facts }, { ...SETTINGS, ...settings }, NOW)

describe('what the owner wants', () => {
  it('begins off, and only Contribute leaves it', () => {
    for (const type of ['resume', 'finish-round', 'stop', 'tick'] as const) expect(stepIntent(OFF, { type }, READY, NOW), type).toEqual(OFF)
    expect(stepIntent(OFF, { type: 'pause', untilMs: NOW - 1 }, READY, NOW)).toEqual(OFF)
    expect(stepIntent(OFF, { type: 'contribute' }, READY, NOW)).toEqual(ON)
  })

  it.each([
    ['phone', { phone: true }],
    ['no-webgpu', { webgpuProblem: 'Switch it on.' }],
    ['other-tab', { otherTab: true }],
  ] as const)('Contribute is refused with a reason: %s', (reason, change) => {
    const facts = { ...READY, ...change }
    expect(stepIntent(OFF, { type: 'contribute' }, facts, NOW)).toEqual(OFF)
    expect(refusal(facts)).toMatchObject({ reason, text: expect.stringMatching(/\w+\./) })
    expect(decide(ON, facts, SETTINGS, NOW)).toMatchObject({ phase: 'off', reason, deviceOn: false, slots: 0 })
    expect(stepIntent(ON, { type: 'tick' }, facts, NOW), 'and what ran goes off for good').toEqual(OFF)
  })

  it('a snooze ends at its time, a pause when somebody resumes', () => {
    const snoozed = stepIntent(ON, { type: 'pause', untilMs: NOW + 3_600_000 }, READY, NOW)
    expect(stepIntent(snoozed, { type: 'tick' }, READY, NOW + 3_599_999)).toEqual(snoozed)
    expect(stepIntent(snoozed, { type: 'tick' }, READY, NOW + 3_600_000)).toEqual(ON)
    const paused = stepIntent(ON, { type: 'pause', untilMs: null }, READY, NOW)
    expect(stepIntent(paused, { type: 'tick' }, READY, NOW + 1e12)).toEqual(paused)
    expect(stepIntent(paused, { type: 'resume' }, READY, NOW)).toEqual(ON)
  })

  it('"finish round" finishes it first, and pauses at once only where nothing runs', () => {
    const finishing = stepIntent(ON, { type: 'finish-round' }, TRAINING, NOW)
    expect(finishing.wish).toBe('finishing')
    expect(stepIntent(finishing, { type: 'tick' }, TRAINING, NOW)).toEqual(finishing)
    expect(stepIntent(finishing, { type: 'tick' }, READY, NOW).wish).toBe('paused')
    expect(stepIntent(ON, { type: 'finish-round' }, READY, NOW).wish).toBe('paused')
    expect(stepIntent(finishing, { type: 'resume' }, TRAINING, NOW), 'changed their mind').toEqual(ON)
    expect(stepIntent(finishing, { type: 'pause', untilMs: null }, TRAINING, NOW).wish, 'or cannot wait').toBe('paused')
  })
})

describe('what follows', () => {
  it('off: no device, no slot, and a sentence that says what to press', () => {
    expect(decided({ device: 'none' }, {}, OFF)).toMatchObject({ phase: 'off', reason: null, deviceOn: false, slots: 0, leave: null })
    expect(decided({ device: 'none' }, {}, OFF).status).toContain('press Contribute')
    expect(decided({ jobs: [{ name: 'x' }] }, {}, OFF).leave).toBe('now')
  })

  it('on: connecting, waiting and computing, each with its reason', () => {
    const outcomes = [
      decided({ device: 'opening' }),
      decided({ connected: false }),
      decided({ online: false }),
      decided({ peers: 0 }),
      decided(),
      decided({ memoryShort: true }),
      decided({ deviceTrouble: 'pulled out' }),
      decided({ jobs: [{ name: 'digits' }] }),
    ]
    expect(outcomes.map(({ phase, reason, slots }) => [phase, reason, slots])).toEqual([
      ['connecting', null, 1],
      ['connecting', null, 1],
      ['connecting', 'offline', 1],
      ['waiting', 'no-peers', 1],
      ['waiting', 'no-job', 1],
      ['waiting', 'memory', 1],
      ['waiting', 'device-lost', 1],
      ['computing', null, 1],
    ])
    for (const { status } of outcomes) expect(status).toMatch(/^[A-Z“].*\.$/)
    expect(outcomes.at(-1)?.status).toBe('Training “digits” with at most 50 % of the GPU.')
  })

  it('the owner’s pause leaves at once; every other pause at the end of the round', () => {
    const jobs = [{ name: 'digits' }]
    expect(decided({ jobs }, {}, { wish: 'paused', pausedUntilMs: null })).toMatchObject({ phase: 'paused', reason: 'user', leave: 'now', slots: 0 })
    expect(decided({ jobs }, {}, { wish: 'finishing', pausedUntilMs: null })).toMatchObject({
      phase: 'finishing',
      reason: 'user',
      leave: 'round-end',
      slots: 0,
    })
    for (const [reason, facts, settings] of [
      ['battery', { battery: ON_BATTERY }, {}],
      ['schedule', {}, { schedule: [] }],
      ['quota', { storageFull: true }, {}],
    ] as const) {
      expect(decided({ ...facts, jobs }, settings), reason).toMatchObject({ phase: 'finishing', reason, leave: 'round-end', slots: 0, deviceOn: true })
      expect(decided(facts, settings), reason).toMatchObject({ phase: 'paused', reason, leave: null, slots: 0 })
    }
  })

  it('says until when, and why', () => {
    expect(decided({}, {}, { wish: 'paused', pausedUntilMs: NOW + 3_600_000 }).status).toBe('Paused by you until 13:30.')
    expect(decided({ battery: ON_BATTERY }).status).toContain('42 %')
    expect(decided({}, { schedule: [{ weekday: 4, fromHour: 18, toHour: 24 }] }).status).toBe('Paused by your schedule until Thursday 18:00.')
    expect(decided({}, { schedule: [{ weekday: 3, fromHour: 18, toHour: 24 }] }).status).toBe('Paused by your schedule until 18:00.')
  })

  it('a battery that nobody can see, that charges, or that may be used is no reason', () => {
    for (const [battery, whileOnBattery] of [
      [{ ...ON_BATTERY, supported: false }, false],
      [{ ...ON_BATTERY, charging: true }, false],
      [ON_BATTERY, true],
    ] as const) {
      expect(decided({ battery }, { whileOnBattery }).phase).toBe('waiting')
    }
  })

  it('yields while the tab is used, where that is wanted', () => {
    expect(decided({ ...TRAINING, inUse: true })).toMatchObject({ dutyPercent: 13, reason: 'in-use', phase: 'computing' })
    expect(decided({ ...TRAINING, inUse: true }, { yieldWhileInUse: false })).toMatchObject({ dutyPercent: 50, reason: null })
    expect(decided({ ...TRAINING, inUse: true }, { dutyPercent: 1 })).toMatchObject({ dutyPercent: 1, reason: null })
    expect(decided({ ...TRAINING, inUse: true, visible: false }), 'nobody looks').toMatchObject({ dutyPercent: 50, reason: 'hidden', visible: false })
  })
})

describe('a schedule', () => {
  const at = (weekday: number, hour: number): number => new Date(2024, 4, 12 + weekday, hour, 15).getTime()

  it('knows hours per weekday, also over midnight', () => {
    const nights = [{ weekday: 5, fromHour: 22, toHour: 6 }]
    expect([at(5, 21), at(5, 22), at(5, 23), at(6, 0), at(6, 5), at(6, 6), at(6, 22)].map((ms) => inSchedule(nights, ms))).toEqual([
      false,
      true,
      true,
      true,
      true,
      false,
      false,
    ])
    expect(inSchedule(null, at(1, 1))).toBe(true)
    expect(inSchedule([], at(1, 1))).toBe(false)
  })

  it('tells when it begins next', () => {
    expect(nextStart([{ weekday: 1, fromHour: 9, toHour: 17 }], at(1, 17))).toBe(new Date(2024, 4, 20, 9).getTime())
    expect(nextStart([], at(1, 1))).toBeNull()
  })
})
