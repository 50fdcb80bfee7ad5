/**
 * Checkpoints on this peer's disk: its own, those it started from, and copies made when the coordinator asks for them, of
 * jobs in which it may have no part. Each goes when the registry has named a newer one in its place, or the job has ended.
 */
import type { Logger } from '@libp2p/interface'
import type { Content } from '../content/service.ts'
import type { BlobStore, KeyValueStore } from '../store.ts'
import type { JobMessageOf } from './messages.ts'
import { checkpointsOf, isTerminal } from './record.ts'
import type { Registry } from './registry.ts'

const KEPT_KEY = 'jobs/checkpoints'

export interface KeeperComponents {
  readonly content: () => Pick<Content, 'fetch'>
  readonly blobs: Pick<BlobStore, 'delete'>
  readonly kv: Pick<KeyValueStore, 'get' | 'set'>
  readonly log: Logger
}

interface Kept {
  readonly jobId: string
  readonly sha256: string
}

export class CheckpointKeeper {
  private readonly components: KeeperComponents
  /** One blob may be a checkpoint of two jobs: of a job and its clone. */
  private kept: readonly Kept[]
  /** Those that the registry has named since this peer started: not before that does their absence from it mean anything. */
  private readonly named = new Set<Kept>()
  private readonly fetching = new Set<string>()
  private readonly stopping = new AbortController()

  constructor(components: KeeperComponents) {
    this.components = components
    const stored = components.kv.get(KEPT_KEY)
    this.kept = stored === null ? [] : (JSON.parse(new TextDecoder().decode(stored)) as Kept[])
  }

  stop(): void {
    this.stopping.abort(new Error('this peer is stopping'))
  }

  /** Empty when the checkpoint is here, else the reason; null when a request for the same one is under way, which answers. */
  async keep(jobId: string, { sha256, bytes, holders }: JobMessageOf<'keep'>, connected: readonly string[]): Promise<string | null> {
    if (this.fetching.has(sha256)) return null
    this.fetching.add(sha256)
    this.note(jobId, sha256)
    try {
      await this.components.content().fetch(sha256, bytes, [...new Set([...holders, ...connected])], { signal: this.stopping.signal })
      if (this.holds(sha256)) return ''
      this.drop(sha256)
      return 'the job has ended, or has a newer one'
    } catch (error) {
      return (error as Error).message
    } finally {
      this.fetching.delete(sha256)
    }
  }

  /** A checkpoint of the job has come to this disk, or is about to. */
  note(jobId: string, sha256: string): void {
    if (this.kept.some((one) => one.sha256 === sha256 && one.jobId === jobId)) return
    this.save([...this.kept, { jobId, sha256 }])
  }

  /** After a change of the registry: what nobody needs any more goes. */
  sweep(registry: Pick<Registry, 'get'>): void {
    const done = new Set<Kept>()
    for (const one of this.kept) {
      const record = registry.get(one.jobId)
      if (record === undefined) continue
      if (isTerminal(record)) done.add(one)
      else if (checkpointsOf(record).some(({ sha256 }) => sha256 === one.sha256)) this.named.add(one)
      else if (this.named.has(one)) done.add(one)
    }
    if (done.size === 0) return
    for (const one of done) this.named.delete(one)
    this.save(this.kept.filter((one) => !done.has(one)))
    for (const { sha256 } of done) if (!this.holds(sha256)) this.drop(sha256)
  }

  private holds(sha256: string): boolean {
    return this.kept.some((one) => one.sha256 === sha256)
  }

  private drop(sha256: string): void {
    const { blobs, log } = this.components
    blobs.delete(sha256).catch((error: Error) => log.error('checkpoint %s could not be deleted: %s', sha256, error.message))
  }

  private save(kept: readonly Kept[]): void {
    this.kept = kept
    this.components.kv.set(KEPT_KEY, new TextEncoder().encode(JSON.stringify(kept)))
  }
}
