/**
 * A job that one peer trains alone, and that peer gone: what has been kept elsewhere is gone on with; what only the lost
 * peer holds is waited for, for as long as the job says.
 */
import { describe, expect, it } from 'vitest'
import { checkpointsOf, type JobRecord } from '../../protocol/jobs/record.ts'
import { type Equipment, SimJobs } from './jobs.ts'
import { Mesh } from './mesh.ts'
import type { SimPeer } from './peer.ts'
import { type SpecOverrides, signJob } from './specs.ts'
import { WeightsLedger } from './weights.ts'

const SEEDS = [1, 2, 4]
const BATCH = 12

const jobsOf = (peer: SimPeer): SimJobs => peer.application as SimJobs

/** Three peers, of which the second alone computes at first, and a job with a checkpoint every second round. */
class Story {
  readonly mesh: Mesh
  readonly equipments = new Map<string, Equipment>()
  private readonly jobId: string

  static async of(seed: number, overrides: SpecOverrides = {}): Promise<Story> {
    const sync = { mode: 'allreduce', roundSteps: 10 }
    const job = await signJob(9000 + seed, { totalSteps: 2000, steps: 2000, batchSize: BATCH, sync, checkpointEveryRounds: 2, ...overrides })
    return new Story(seed, job)
  }

  private constructor(seed: number, { jobId, signed }: { jobId: string; signed: string }) {
    this.jobId = jobId
    const around = {
      ledger: new WeightsLedger(),
      equipment: (peer: SimPeer) => this.equipments.get(peer.id) as Equipment,
      equipmentOf: (peer: string) => this.equipments.get(peer) as Equipment,
      needOf: () => ({ bytes: 1, vectorBytes: 0 }),
      commanded: () => {},
      applied: () => {},
      says: () => {},
    }
    this.mesh = new Mesh({
      seed,
      peers: 3,
      apart: false,
      allVote: true,
      recoveryTimeoutMs: 10_000,
      makeApplication: (peer) => new SimJobs(peer, around),
    })
    for (const { id, index } of this.mesh.peers) this.equip(id, { computes: index === 1 })
    this.mesh.await('the mesh agrees', 30_000, () => {
      const state = this.mesh.agreement()
      return 'problem' in state ? state.problem : null
    })
    this.ask({ type: 'submit', jobId, signed })
  }

  equip(id: string, more: Partial<Equipment>): void {
    this.equipments.set(id, { limitBytes: 1000, slots: 1, speed: 100, computes: true, ...this.equipments.get(id), ...more })
  }

  get trainer(): SimPeer {
    return this.mesh.peers[1] as SimPeer
  }

  get others(): SimPeer[] {
    return this.mesh.peers.filter((peer) => peer !== this.trainer)
  }

  /** As a peer that stays knows it. */
  get job(): JobRecord {
    return jobsOf(this.mesh.peers[0] as SimPeer).registry.get(this.jobId) as JobRecord
  }

  until(what: string, withinMs: number, holds: (job: JobRecord) => boolean): void {
    this.mesh.await(what, withinMs, () => (this.job !== undefined && holds(this.job) ? null : JSON.stringify({ ...this.job, signed: '', rounds: [] })))
  }

  run(ms: number): void {
    this.mesh.world.runUntil(this.mesh.world.now + ms)
  }

  /** What its coordinator says that holds it up. */
  get waiting(): string | null {
    const leader = this.others.find((peer) => peer.core?.role === 'leader')
    return leader === undefined ? null : (jobsOf(leader).manager?.waitingReason(this.jobId) ?? null)
  }

  private ask(request: Parameters<SimJobs['request']>[0]): void {
    let done = false
    const again = (): void =>
      jobsOf(this.mesh.peers[0] as SimPeer).request(request, (ok) => {
        if (ok) done = true
        else this.mesh.world.after(200, again)
      })
    again()
    this.mesh.await('the request is granted', 30_000, () => (done ? null : 'not yet'))
  }
}

const samplesOf = (job: JobRecord): number => Object.values(job.receipts).reduce((sum, samples) => sum + samples, 0)

describe.each(SEEDS)('a job that one peer trains alone (seed %i)', (seed) => {
  it('goes on elsewhere from its last checkpoint when that peer is gone for good', async () => {
    const story = await Story.of(seed)
    story.until('checkpoints are on two peers', 60_000, ({ checkpoint, step }) => step > 100 && (checkpoint?.holders?.length ?? 0) >= 2)
    const before = story.job
    story.trainer.die()
    for (const { id } of story.others) story.equip(id, { computes: true })
    story.until('it completes', 200_000, ({ state }) => state === 'completed')
    const { spared, receipts, checkpoint, result } = story.job
    expect({ spared, steps: result?.steps }).toEqual({ spared: 0, steps: 2000 })
    expect(receipts[story.trainer.id], 'the work up to the checkpoint counts').toBeGreaterThanOrEqual((before.checkpoint?.step ?? 0) * BATCH)
    expect(samplesOf(story.job)).toBe(2000 * BATCH)
    expect(checkpoint?.step).toBeGreaterThan(before.step)
  })

  it('does not let a checkpoint count that only its own peer holds, and waits for that peer without using up retries', async () => {
    const story = await Story.of(seed, { limits: { timeoutSeconds: 3600, maxRetries: 3 } })
    for (const { id } of story.others) story.equip(id, { keeps: false })
    story.until('it has a checkpoint', 60_000, ({ unsecured }) => (unsecured?.step ?? 0) >= 40)
    expect(story.job.checkpoint).toBeNull()
    story.trainer.die()
    for (const { id } of story.others) story.equip(id, { computes: true })
    story.until('the attempt is given up', 60_000, ({ attempt, state }) => attempt === 2 && state === 'queued')
    story.run(300_000)
    const step = story.job.unsecured?.step
    expect(story.job).toMatchObject({ state: 'queued', attempt: 2 })
    expect(story.waiting).toMatch(new RegExp(`^waits for a peer that holds checkpoint \\w+ of step ${step}: p1, (last seen \\d+ s ago|not seen since)`))
    story.trainer.start()
    story.until('it completes', 200_000, ({ state }) => state === 'completed')
    expect(story.job.receipts[story.trainer.id]).toBeGreaterThanOrEqual((step ?? 0) * BATCH)
  })

  it('starts from an older one that can be had rather than wait for a newer one', async () => {
    const story = await Story.of(seed)
    story.until('a checkpoint is on two peers', 60_000, ({ checkpoint }) => (checkpoint?.holders?.length ?? 0) >= 2)
    for (const { id } of story.others) story.equip(id, { keeps: false })
    story.until('a newer one is not', 60_000, ({ checkpoint, unsecured }) => (unsecured?.step ?? 0) > (checkpoint?.step ?? 0) + 50)
    const older = story.job.checkpoint
    story.trainer.die()
    for (const { id } of story.others) story.equip(id, { computes: true })
    story.until('it completes', 200_000, ({ state }) => state === 'completed')
    expect(story.job.receipts[story.trainer.id]).toBe((older?.step ?? 0) * BATCH)
  })

  it('starts from the beginning once it has waited for as long as it says', async () => {
    const story = await Story.of(seed, { limits: { timeoutSeconds: 3600, maxRetries: 3, waitForCheckpointSeconds: 60 } })
    for (const { id } of story.others) story.equip(id, { keeps: false })
    story.until('it has a checkpoint', 60_000, ({ unsecured }) => (unsecured?.step ?? 0) >= 40)
    story.trainer.die()
    for (const { id } of story.others) story.equip(id, { computes: true, keeps: true })
    story.run(40_000)
    expect(story.job).toMatchObject({ state: 'queued', attempt: 2 })
    story.until('it completes', 300_000, ({ state }) => state === 'completed')
    expect(Object.keys(story.job.receipts)).not.toContain(story.trainer.id)
    expect(samplesOf(story.job)).toBe(2000 * BATCH)
  })

  it('fails, and says why, when nobody gave its checkpoint before its time is over', async () => {
    const story = await Story.of(seed, { limits: { timeoutSeconds: 90, maxRetries: 3 } })
    for (const { id } of story.others) story.equip(id, { keeps: false })
    story.until('it has a checkpoint', 60_000, ({ unsecured }) => (unsecured?.step ?? 0) >= 40)
    story.trainer.die()
    for (const { id } of story.others) story.equip(id, { computes: true })
    story.run(60_000)
    expect(story.job.state).toBe('queued')
    story.until('it fails', 300_000, ({ state }) => state === 'failed')
    expect(story.job.reason).toMatch(/^nobody gave its checkpoint within 90 s: it waits for a peer that holds checkpoint \w+ of step \d+: p1/)
  })

  it('uses up no retry where a holder is there but has lost it', async () => {
    const story = await Story.of(seed, { limits: { timeoutSeconds: 3600, maxRetries: 3, waitForCheckpointSeconds: 120 } })
    story.until('checkpoints are on two peers', 60_000, ({ checkpoint }) => (checkpoint?.holders?.length ?? 0) >= 2)
    story.trainer.die()
    for (const { disk } of story.others) for (const { sha256 } of checkpointsOf(story.job)) disk.values.delete(`blob/${sha256}`)
    for (const { id } of story.others) story.equip(id, { computes: true })
    story.until('it completes', 600_000, ({ state }) => state === 'completed')
    expect(story.job.spared, 'more often than it may be retried').toBeGreaterThan(3)
    expect(Object.keys(story.job.receipts)).not.toContain(story.trainer.id)
  })

  it('has its newest checkpoint copied again when a peer that kept it is gone', async () => {
    const story = await Story.of(seed)
    story.until('checkpoints are on two peers', 60_000, ({ checkpoint }) => (checkpoint?.holders?.length ?? 0) >= 2)
    const kept = story.others.find(({ id }) => story.job.checkpoint?.holders?.includes(id)) as SimPeer
    const third = story.others.find((peer) => peer !== kept) as SimPeer
    const { jobId } = story.job
    kept.die()
    const holders = (): readonly string[] => jobsOf(third).registry.get(jobId)?.checkpoint?.holders ?? []
    story.mesh.await('the third has it', 60_000, () => (holders().includes(third.id) ? null : JSON.stringify(holders())))
  })
})
