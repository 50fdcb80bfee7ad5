/**
 * Coordinator, registry, member and merge under messages that pass the decoder, in any order, from members and strangers,
 * with numbers at their bounds. Nothing throws; what is committed stays a record that another line would take over; a
 * merge gives the right sum whatever came between.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { AllReduce } from '../../../protocol/collective/allreduce.ts'
import { decodeFrame, encodeFrame } from '../../../protocol/collective/frames.ts'
import { decodeCommand, encodeCommand } from '../../../protocol/jobs/commands.ts'
import { importedRecords } from '../../../protocol/jobs/imported.ts'
import { JobManager, type ManagerOutput } from '../../../protocol/jobs/manager.ts'
import { COMMANDS, decodeJobMessage, encodeJobMessage, type JobMessage } from '../../../protocol/jobs/messages.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { MemberCore, type WorkResult } from '../../../protocol/training/member.ts'
import { WireError } from '../../../protocol/wire/errors.ts'
import { numRuns, seed } from '../mutate.ts'
import { FENCE, JOB, JOB_MESSAGES } from './corpus.ts'

const PEERS = ['a', 'b', 'c']
const SENDERS = [...PEERS, 'stranger', '']
const VALUES: readonly unknown[] = [
  0,
  1,
  2,
  3,
  10,
  40,
  41,
  1e6,
  2 ** 32 - 1,
  2 ** 53 - 1,
  1e308,
  -1,
  0.5,
  Number.NaN,
  Infinity,
  true,
  false,
  '',
  'x',
  'y'.repeat(9000),
]

const message: fc.Arbitrary<JobMessage | null> = fc
  .tuple(fc.constantFrom(...JOB_MESSAGES), fc.array(fc.tuple(fc.nat({ max: 12 }), fc.constantFrom(...VALUES)), { maxLength: 3 }))
  .map(([template, overrides]) => passed(overrides.reduce(bent, template)))

/** With one field of another value of its type. */
function bent(message: JobMessage, [at, value]: readonly [number, unknown]): JobMessage {
  const keys = Object.keys(message).filter((key) => key !== 'type')
  const key = keys[at % keys.length]
  return key !== undefined && typeof message[key as never] === typeof value ? { ...message, [key]: value } : message
}

/** As it arrives; null where no encoder writes it or the decoder refuses it. */
function passed(said: JobMessage): JobMessage | null {
  let bytes: Uint8Array
  try {
    bytes = encodeJobMessage({ jobId: JOB.jobId, attempt: 1, fence: FENCE, message: said })
  } catch {
    return null
  }
  try {
    return decodeJobMessage(bytes).message
  } catch (error) {
    if (!(error instanceof WireError)) throw error
    return null
  }
}

type Step =
  | { readonly kind: 'tick'; readonly ms: number }
  | { readonly kind: 'gone'; readonly peer: string }
  | { readonly kind: 'said'; readonly from: string; readonly attempt: number; readonly message: JobMessage | null }
  /** Members do what they were told, or all but one field of it. */
  | { readonly kind: 'answer'; readonly lie: readonly [number, unknown] | null }
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.constantFrom(20, 50, 200, 200, 2000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('tick' as const), ms: fc.constant(20_000) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gone' as const), peer: fc.constantFrom(...SENDERS) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('said' as const), from: fc.constantFrom(...SENDERS), attempt: fc.constantFrom(1, 1, 1, 2), message }) },
  { weight: 30, arbitrary: fc.constant<Step>({ kind: 'answer', lie: null }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('answer' as const), lie: fc.tuple(fc.nat({ max: 12 }), fc.constantFrom(...VALUES)) }) },
)

/** One coordinator with its registry; whatever it proposes is committed at once. */
class Scene {
  readonly registry = new Registry()
  private readonly manager = new JobManager({ registry: this.registry, needOf: () => ({ bytes: 100, vectorBytes: 4 }) })
  private now = 0
  private told: ManagerOutput['messages'] = []
  private offered = false

  constructor() {
    this.registry.apply({ type: 'submit', jobId: JOB.jobId, signed: JOB.signed, at: 1 })
  }

  take(one: Step): void {
    if (one.kind === 'tick') {
      this.now += one.ms
      const view = { limitBytes: 1000, usedBytes: 0, freeBytes: null, bufferBytes: 1000, slots: 1, speed: 10, visible: true, native: true, computes: true }
      this.run({ type: 'tick', peers: PEERS.map((peerId) => ({ peerId, ...view })) })
    } else if (one.kind === 'gone') this.run({ type: 'gone', peer: one.peer })
    else if (one.kind === 'said') {
      if (one.message !== null) this.run({ type: 'message', from: one.from, jobId: JOB.jobId, attempt: one.attempt, message: one.message })
    } else this.answer(one.lie)
  }

  private answer(lie: readonly [number, unknown] | null): void {
    const attempt = this.registry.get(JOB.jobId)?.attempt ?? 1
    const say = (from: string, message: JobMessage): void => this.run({ type: 'message', from, jobId: JOB.jobId, attempt, message })
    if (this.offered) {
      this.offered = false
      for (const peer of PEERS) say(peer, { type: 'bid', freeBytes: 1000, speed: 10, cached: true, freeSlots: 1, diskBytes: 1e9, refusal: '' })
    }
    for (const { to, message } of this.told.splice(0)) {
      const answer = honest(message)
      const said = answer === null || lie === null ? answer : passed(bent(answer, lie))
      if (said !== null) say(to, said)
    }
  }

  private run(input: Parameters<JobManager['step']>[0]): void {
    const output = this.manager.step(input, this.now, this.now)
    this.told.push(...output.messages)
    this.told = this.told.slice(-20)
    this.offered ||= output.offers.length > 0
    for (const { to, message } of output.messages) {
      expect(passed(message), `${message.type} to ${to} can be sent, and is taken`).not.toBeNull()
    }
    for (const command of output.proposals) {
      this.registry.apply(decodeCommand(encodeCommand(command)))
      this.run({ type: 'applied' })
    }
  }
}

function honest(message: JobMessage): JobMessage | null {
  const sha256 = 'cd'.repeat(32)
  switch (message.type) {
    case 'prepare':
      return { type: 'prepared', error: '', samplesPerSecond: 10, memoryBytes: 100 }
    case 'assign':
      return { type: 'ready', membership: message.membership, error: '', lacksCheckpoint: false }
    case 'go': {
      const { membership, round, untilStep, checkpoint } = message
      const figures = { loss: 1, seconds: 1, computeSeconds: 1, bytesSent: 1, bytesReceived: 1, ...(checkpoint ? { checkpoint: { sha256, bytes: 9 } } : {}) }
      return { type: 'roundDone', membership, round, step: untilStep, thetaHash: sha256, ...figures }
    }
    case 'query':
      return { type: 'status', nonce: message.nonce, prepared: true, step: 0, oldestStep: 0, holdsState: true, memoryBytes: 100 }
    case 'evaluate':
      return { type: 'evaluated', membership: message.membership, lossSum: 1, weight: 1, correct: 1, weights: { sha256, bytes: 9 }, error: '' }
    default:
      return null
  }
}

describe('a coordinator of jobs', () => {
  it('commits nothing but records that can be brought along to another line, whatever its members say', async () => {
    const ends = new Map<string, number>()
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 120, size: 'max' }), async (steps) => {
        const scene = new Scene()
        for (const one of steps) scene.take(one)
        const [record] = scene.registry.list()
        if (record === undefined) throw new Error('the job is gone')
        ends.set(record.state, (ends.get(record.state) ?? 0) + 1)
        expect(record.step).toBeLessThanOrEqual(record.totalSteps)
        expect(Object.values(record.receipts).reduce((sum, samples) => sum + samples, 0)).toBe(record.samples)
        await importedRecords(
          JSON.parse(JSON.stringify([record])),
          () => {},
          () => false,
        )
      }),
      { seed, numRuns: Math.ceil(numRuns / 80) },
    )
    if (numRuns >= 20_000) expect([...ends.keys()], 'runs get far').toEqual(expect.arrayContaining(['running', 'completed']))
  })
})

describe('a member', () => {
  const result: fc.Arbitrary<WorkResult | null> = fc.constantFrom(
    null,
    { kind: 'prepare', samplesPerSecond: 1, memoryBytes: 1 } as const,
    { kind: 'setup', memoryBytes: 1 } as const,
  )
  const settled = fc.record({ id: fc.nat({ max: 8 }), result })
  it('does one thing at a time and answers what it was asked, whatever it is told', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(message, settled), { maxLength: 60 }), (inputs) => {
        const core = new MemberCore('a')
        let running: number | null = null
        for (const one of inputs) {
          if (one === null) continue
          const command = 'type' in one
          if (command && !COMMANDS.has(one.type)) continue
          const holding = { step: 1, oldestStep: 0, holdsState: true }
          const output = core.step(command ? { type: 'command', message: one } : { type: 'settled', id: one.id, holding, result: one.result, failure: null })
          if (!command && one.id === running) running = null
          if (output.start !== null) {
            expect(running, 'a second piece of work was begun').toBeNull()
            running = output.start.id
          }
          expect(output.messages.length).toBeLessThanOrEqual(2)
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 20) },
    )
  })
})

describe('a merge', () => {
  const LENGTH = 200
  const head = fc.record({
    step: fc.constantFrom(0, 1, 2, 3, 2 ** 53 - 1),
    kind: fc.constantFrom(0, 1, 2, 2 ** 32 - 1),
    offset: fc.constantFrom(0, 1, 64, 128, 192, 199, 200, 2 ** 53 - 1),
    lossSum: fc.constantFrom(1, Number.NaN, Infinity),
    weight: fc.constantFrom(0, 1, Number.NaN, 1e308),
    correct: fc.constantFrom(0, 1, Number.NaN),
  })
  const junk = fc.array(fc.record({ from: fc.constantFrom('stranger', ''), head, values: fc.array(fc.double(), { maxLength: 70 }) }), { maxLength: 20 })

  it('gives the sum of its members, whatever strangers send', async () => {
    await fc.assert(
      fc.asyncProperty(junk, async (frames) => {
        const members = ['a', 'b']
        const groups = new Map<string, AllReduce>()
        for (const self of members) {
          const send = (to: string, frame: ReturnType<typeof encodeFrame>): boolean => {
            groups.get(to)?.receive(self, decodeFrame(frame.subarray()))
            return true
          }
          groups.set(self, new AllReduce({ jobId: JOB.jobId, attempt: 1, membership: 1, members, self, vectorLength: LENGTH, startStep: 0, send }))
        }
        const disturb = (): void => {
          for (const { from, head: said, values } of frames) {
            const frame = encodeFrame({ jobId: JOB.jobId, attempt: 1, membership: 1, ...said }, Float32Array.from(values))
            for (const group of groups.values()) group.receive(from, decodeFrame(frame.subarray()))
          }
        }
        const never = new AbortController().signal
        disturb()
        const results = members.map((self, i) => {
          const own = groups.get(self) as AllReduce
          const reduced = own.reduce(1, new Float32Array(LENGTH).fill(i + 1), { lossSum: 1, weight: 1, correct: 1 }, never)
          disturb()
          return reduced
        })
        for (const { vector, weight } of await Promise.all(results)) {
          expect(weight).toBe(2)
          expect(vector.every((value) => value === 3)).toBe(true)
        }
      }),
      { seed, numRuns: Math.ceil(numRuns / 80) },
    )
  })

  it('survives frames of a member that lies, and never holds more than two steps of them', () => {
    fc.assert(
      fc.property(fc.array(fc.record({ head, values: fc.array(fc.double(), { maxLength: 70 }) }), { maxLength: 40 }), (frames) => {
        const group = new AllReduce({
          jobId: JOB.jobId,
          attempt: 1,
          membership: 1,
          members: ['a', 'b'],
          self: 'a',
          vectorLength: LENGTH,
          startStep: 0,
          send: () => true,
        })
        for (const { head: said, values } of frames) {
          group.receive('b', decodeFrame(encodeFrame({ jobId: JOB.jobId, attempt: 1, membership: 1, ...said }, Float32Array.from(values)).subarray()))
        }
        for (const far of [3, 4, 2 ** 53 - 1]) expect(group.missing(far), `step ${far} is not kept`).toBeNull()
      }),
      { seed, numRuns: Math.ceil(numRuns / 20) },
    )
  })
})
