import { describe, expect, it } from 'vitest'
import { DROPPED_BACKOFF_MS } from '../../../protocol/jobs/constants.ts'
import { ManagerContext } from '../../../protocol/jobs/manager-context.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { onGone, onLeave, onStatus } from '../../../protocol/jobs/recovery.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import { Run } from '../../../protocol/jobs/run.ts'

const RECORD: JobRecord = {
  jobId: 'job',
  signed: '',
  submitter: 'owner',
  name: 'job',
  state: 'running',
  attempt: 1,
  reason: null,
  submittedAt: 0,
  startedAt: 0,
  retryAt: 0,
  membership: 1,
  members: [],
  step: 4,
  round: 1,
  samples: 0,
  accountedStep: 4,
  totalSteps: 100,
  batchSize: 8,
  lastLoss: null,
  lastAccuracy: null,
  rounds: [],
  history: [],
  receipts: {},
  checkpoint: null,
  result: null,
}

/** Three members in the middle of a round. */
function training(): { ctx: ManagerContext; run: Run } {
  const ctx = new ManagerContext({ registry: new Registry(), needOf: () => ({ bytes: 0, vectorBytes: 0 }) })
  const run = new Run('job', 1, 0, 0)
  run.membership = 1
  run.members = ['a', 'b', 'c'].map((peerId, i) => ({ peerId, share: i + 1 }))
  run.enter('training', 0)
  ctx.runs.set('job', run)
  return { ctx, run }
}

const answer = (ctx: ManagerContext, run: Run, from: string): void =>
  onStatus(ctx, run, RECORD, from, { type: 'status', nonce: run.queryNonce, prepared: true, step: 5, oldestStep: 4, holdsState: true, memoryBytes: 0 })

const groups = (ctx: ManagerContext): string[][] =>
  ctx.out.proposals.flatMap((command) => (command.type === 'member' ? [command.members.map(({ peerId }) => peerId)] : []))

describe('members whose owners take them back', () => {
  it('go at once, and however often they did, wait the same short time before they are taken again', () => {
    for (let times = 0; times < 3; times += 1) {
      const { ctx, run } = training()
      for (let before = 0; before < times; before += 1) run.rest('b', 0, DROPPED_BACKOFF_MS)
      onLeave(ctx, run, 'b', { type: 'leave', membership: 1, now: true })
      expect(run.phase).toBe('querying')
      answer(ctx, run, 'a')
      answer(ctx, run, 'c')
      expect(groups(ctx)).toEqual([['a', 'c']])
      expect([run.isBarred('b', DROPPED_BACKOFF_MS - 1), run.isBarred('b', DROPPED_BACKOFF_MS), run.leaving.size]).toEqual([true, false, 0])
    }
  })

  it('are in no new group though they had answered before they went', () => {
    for (const go of ['leave', 'gone'] as const) {
      const { ctx, run } = training()
      onGone(ctx, 'a')
      answer(ctx, run, 'b')
      if (go === 'leave') onLeave(ctx, run, 'b', { type: 'leave', membership: 1, now: true })
      else onGone(ctx, 'b')
      answer(ctx, run, 'c')
      expect(groups(ctx), go).toEqual([['c']])
      expect([run.barred.get('a')?.times, run.barred.get('b')?.times], go).toEqual([1, go === 'gone' ? 1 : 0])
    }
  })

  it('a word of somebody who is no member changes nothing', () => {
    const { ctx, run } = training()
    onLeave(ctx, run, 'stranger', { type: 'leave', membership: 1, now: true })
    expect([run.phase, run.leaving.size, ctx.out.messages.length]).toEqual(['training', 0, 0])
  })
})
