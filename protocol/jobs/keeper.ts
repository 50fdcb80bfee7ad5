/**
 * A peer's disk at the service of the mesh: copies of checkpoints, made when the coordinator asks for them, of jobs in
 * which this peer may have no part.
 */
import type { Content } from '../content/service.ts'
import type { JobMessageOf } from './messages.ts'

export interface KeeperComponents {
  readonly content: () => Pick<Content, 'fetch'>
}

export class CheckpointKeeper {
  private readonly components: KeeperComponents
  private readonly fetching = new Set<string>()
  private readonly stopping = new AbortController()

  constructor(components: KeeperComponents) {
    this.components = components
  }

  stop(): void {
    this.stopping.abort(new Error('this peer is stopping'))
  }

  /** Empty when the checkpoint is here, else the reason; null when a request for the same one is under way, which answers. */
  async keep({ sha256, bytes, holders }: JobMessageOf<'keep'>, connected: readonly string[]): Promise<string | null> {
    if (this.fetching.has(sha256)) return null
    this.fetching.add(sha256)
    try {
      await this.components.content().fetch(sha256, bytes, [...new Set([...holders, ...connected])], { signal: this.stopping.signal })
      return ''
    } catch (error) {
      return (error as Error).message
    } finally {
      this.fetching.delete(sha256)
    }
  }
}
