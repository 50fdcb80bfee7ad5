/** Checkpoints on a peer's disk: kept for as long as the registry names them, and for no job longer than that. */
import type { Logger } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import { CheckpointKeeper } from '../../../protocol/jobs/keeper.ts'
import type { JobMessageOf } from '../../../protocol/jobs/messages.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { MemoryStore } from '../../../protocol/memory-store.ts'

const log = Object.assign(() => {}, { error: () => {}, trace: () => {}, enabled: false }) as unknown as Logger
const CONNECTED = ['x']

/** A disk, what others hold, and what the registry says. */
class Surroundings {
  readonly store = new MemoryStore()
  readonly others = new Map<string, Uint8Array>()
  readonly records = new Map<string, JobRecord>()
  readonly asked: (readonly string[])[] = []
  before: () => void = () => {}

  keeper(): CheckpointKeeper {
    const { blobs, kv } = this.store
    const fetch = async (sha256: string, _bytes: number, peers: readonly string[]): Promise<void> => {
      this.asked.push(peers)
      this.before()
      const bytes = this.others.get(sha256)
      if (bytes === undefined) throw new Error(`no peer gave ${sha256}`)
      await blobs.put(bytes)
    }
    return new CheckpointKeeper({ content: () => ({ fetch }), blobs, kv, log })
  }

  async blob(byte: number): Promise<string> {
    const bytes = new Uint8Array(9).fill(byte)
    const sha256 = await new MemoryStore().blobs.put(bytes)
    this.others.set(sha256, bytes)
    return sha256
  }

  job(jobId: string, checkpoint: string | null, unsecured: string | null = null, state = 'running'): void {
    const of = (sha256: string | null): unknown => (sha256 === null ? null : { sha256, bytes: 9 })
    this.records.set(jobId, { jobId, state, checkpoint: of(checkpoint), unsecured: of(unsecured) } as unknown as JobRecord)
  }

  get registry(): { get: (jobId: string) => JobRecord | undefined } {
    return { get: (jobId) => this.records.get(jobId) }
  }

  async here(): Promise<string[]> {
    return (await this.store.blobs.list()).map(({ sha256 }) => sha256)
  }
}

const keep = (sha256: string): JobMessageOf<'keep'> => ({ type: 'keep', sha256, bytes: 9, holders: ['a', 'b'] })

describe('a peer that keeps checkpoints', () => {
  it('fetches them from those who hold them, says why it could not, and answers a question that is repeated once', async () => {
    const around = new Surroundings()
    const keeper = around.keeper()
    const sha256 = await around.blob(1)
    const first = keeper.keep('job', keep(sha256), CONNECTED)
    expect(await keeper.keep('job', keep(sha256), CONNECTED)).toBeNull()
    expect(await first).toBe('')
    expect(around.asked).toEqual([['a', 'b', 'x']])
    expect(await keeper.keep('job', keep('0'.repeat(64)), CONNECTED)).toMatch(/^no peer gave/)
  })

  it('lets go of one when a newer one is named in its place, not of one that is yet to be named', async () => {
    const around = new Surroundings()
    const keeper = around.keeper()
    const [older, newer] = [await around.blob(1), await around.blob(2)]
    await keeper.keep('job', keep(older), CONNECTED)
    around.job('job', null)
    keeper.sweep(around.registry)
    expect(await around.here(), 'this copy of the registry is behind').toEqual([older])
    around.job('job', null, older)
    keeper.sweep(around.registry)
    await keeper.keep('job', keep(newer), CONNECTED)
    around.job('job', older, newer)
    keeper.sweep(around.registry)
    expect((await around.here()).sort()).toEqual([older, newer].sort())
    around.job('job', newer)
    keeper.sweep(around.registry)
    expect(await around.here()).toEqual([newer])
  })

  it('lets go of all of a job that has ended, over a restart too, but not of what another job needs', async () => {
    const around = new Surroundings()
    const [own, shared] = [await around.blob(1), await around.blob(2)]
    const before = around.keeper()
    await before.keep('job', keep(own), CONNECTED)
    await before.keep('job', keep(shared), CONNECTED)
    before.note('clone', shared)
    const keeper = around.keeper()
    keeper.sweep(around.registry)
    expect(await around.here(), 'jobs that are not known yet').toHaveLength(2)
    around.job('job', shared, null, 'completed')
    around.job('clone', shared)
    keeper.sweep(around.registry)
    expect(await around.here()).toEqual([shared])
    around.job('clone', shared, null, 'cancelled')
    keeper.sweep(around.registry)
    expect(await around.here()).toEqual([])
  })

  it('does not keep a copy that came when the job had ended', async () => {
    const around = new Surroundings()
    const keeper = around.keeper()
    const sha256 = await around.blob(1)
    around.before = () => {
      around.job('job', sha256, null, 'failed')
      keeper.sweep(around.registry)
    }
    expect(await keeper.keep('job', keep(sha256), CONNECTED)).toMatch(/^the job has ended/)
    expect(await around.here()).toEqual([])
  })
})
