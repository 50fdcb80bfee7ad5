/**
 * A member's state machine: one piece of work at a time, answers only when the weights are known, old commands ignored.
 */
import { describe, expect, it } from 'vitest'
import type { JobMessage } from '../../../protocol/jobs/messages.ts'
import { type Holding, MemberCore, type MemberOutput } from '../../../protocol/training/member.ts'

const prepare: JobMessage = { type: 'prepare', signedSpec: new Uint8Array(), share: 8 }
const assign = (membership: number, startStep: number, holders: string[] = []): JobMessage => ({
  type: 'assign',
  membership,
  members: [
    { peerId: 'me', share: 4 },
    { peerId: 'other', share: 4 },
  ],
  startStep,
  holders,
})
const go = (membership: number, round: number, untilStep: number): JobMessage => ({ type: 'go', membership, round, untilStep, checkpoint: false })
const query = (nonce: number, freeze = true): JobMessage => ({ type: 'query', nonce, freeze })
const holding = (step: number, oldestStep = Math.max(0, step - 1), holdsState = true): Holding => ({ step, oldestStep, holdsState })

class Member {
  readonly core = new MemberCore('me')

  command(message: JobMessage): MemberOutput {
    return this.core.step({ type: 'command', message })
  }

  settle(out: MemberOutput, held: Holding, more: { result?: unknown; failure?: unknown } = {}): MemberOutput {
    const id = out.start?.id ?? -1
    return this.core.step({ type: 'settled', id, holding: held, result: (more.result ?? null) as never, failure: (more.failure ?? null) as never })
  }

  ready(membership = 1, startStep = 0): MemberOutput {
    if (!this.core.prepared) this.settle(this.command(prepare), holding(0, 0, false), { result: { kind: 'prepare', samplesPerSecond: 9, memoryBytes: 1 } })
    return this.settle(this.command(assign(membership, startStep)), holding(startStep, startStep), { result: { kind: 'setup' } })
  }
}

const done = { kind: 'round', done: { step: 5, thetaHash: 'h', loss: 1, seconds: 1, computeSeconds: 1, bytesSent: 0, bytesReceived: 0 } }

describe('a member', () => {
  it('prepares once, and says so again when it is asked again', () => {
    const member = new Member()
    const first = member.command(prepare)
    expect(first.start?.work.kind).toBe('prepare')
    expect(member.command(prepare).start).toBeNull()
    const settled = member.settle(first, holding(0, 0, false), { result: { kind: 'prepare', samplesPerSecond: 9, memoryBytes: 1 } })
    expect(settled.messages).toMatchObject([{ type: 'prepared', error: '', samplesPerSecond: 9 }])
    expect(member.command(prepare).messages).toMatchObject([{ type: 'prepared' }])
  })

  it('reports a preparation that failed, and may be asked again', () => {
    const member = new Member()
    const out = member.settle(member.command(prepare), holding(0, 0, false), { failure: { reason: 'no space', peerId: null, fatal: false } })
    expect(out.messages).toMatchObject([{ type: 'prepared', error: 'no space' }])
    expect(member.command(prepare).start?.work.kind).toBe('prepare')
  })

  it('trains only in the membership it is ready for', () => {
    const member = new Member()
    expect(member.ready().messages).toMatchObject([{ type: 'ready', membership: 1, error: '' }])
    expect(member.command(go(2, 1, 5)).start).toBeNull()
    const round = member.command(go(1, 1, 5))
    expect(round.start?.work).toMatchObject({ kind: 'round', fromStep: 0 })
    expect(member.command(go(1, 1, 5)).start).toBeNull()
    expect(member.settle(round, holding(5), { result: done }).messages).toMatchObject([{ type: 'roundDone', membership: 1, round: 1, step: 5 }])
    expect(member.command(go(1, 1, 5)).messages).toMatchObject([{ type: 'roundDone', round: 1 }])
  })

  it('answers a query in the middle of a round only when the round has really stopped', () => {
    const member = new Member()
    member.ready()
    const round = member.command(go(1, 1, 5))
    const asked = member.command(query(7))
    expect(asked.messages).toEqual([])
    expect(asked.cancel).toBe(round.start?.id)
    expect(member.settle(round, holding(3)).messages).toMatchObject([{ type: 'status', nonce: 7, step: 3, oldestStep: 2, holdsState: true }])
    expect(member.command(go(1, 1, 5)).start?.work).toMatchObject({ kind: 'round', fromStep: 3 })
  })

  it('answers at once when it is only asked whether it is there', () => {
    const member = new Member()
    member.ready()
    member.command(go(1, 1, 5))
    const asked = member.command(query(8, false))
    expect(asked.cancel).toBeNull()
    expect(asked.messages).toMatchObject([{ type: 'status', nonce: 8 }])
  })

  it('says nothing about a round that was cancelled, though it ended well', () => {
    const member = new Member()
    member.ready()
    const round = member.command(go(1, 1, 5))
    member.command(query(1))
    expect(member.settle(round, holding(5), { result: done }).messages.map((message) => message.type)).toEqual(['status'])
  })

  it('starts a new membership when the old one’s work has settled', () => {
    const member = new Member()
    member.ready()
    const round = member.command(go(1, 1, 5))
    const next = member.command(assign(2, 2, ['me']))
    expect(next.start).toBeNull()
    expect(next.cancel).toBe(round.start?.id)
    expect(member.settle(round, holding(3)).start?.work).toMatchObject({ kind: 'setup', holdsState: true })
  })

  it('ignores an older membership, and repeats that it is ready for the present one', () => {
    const member = new Member()
    member.ready(3)
    expect(member.command(assign(2, 0)).start).toBeNull()
    expect(member.command(assign(3, 0)).messages).toMatchObject([{ type: 'ready', membership: 3 }])
  })

  it('blames the member that was lost, or itself', () => {
    const member = new Member()
    member.ready()
    const first = member.settle(member.command(go(1, 1, 5)), holding(2), { failure: { reason: 'is silent', peerId: 'other', fatal: false } })
    expect(first.messages).toMatchObject([{ type: 'trouble', peerId: 'other', step: 2, fatal: false }])
    const second = member.settle(member.command(go(1, 1, 5)), holding(2), { failure: { reason: 'loss is not finite', peerId: null, fatal: true } })
    expect(second.messages).toMatchObject([{ type: 'trouble', peerId: 'me', fatal: true }])
  })

  it('frees everything when it is stopped, and takes no more commands', () => {
    const member = new Member()
    member.ready()
    const round = member.command(go(1, 1, 5))
    const stopped = member.command({ type: 'stop', reason: 'cancelled' })
    expect(stopped).toMatchObject({ release: true, cancel: round.start?.id })
    expect(member.settle(round, holding(1)).messages).toEqual([])
    expect(member.command(prepare)).toMatchObject({ start: null, messages: [] })
  })
})
