/**
 * The replicated log as one peer holds it: entries from `base + 1` on. What lies below has been compacted away; a
 * snapshot holds what it said. Indices count from 1 over the whole life of the mesh, compaction changes none.
 */
import { CHAIN_START, type Hash, nextLink, sha256Text } from './chain.ts'
import type { ConfigStep, LogEntry } from './types.ts'

/** What an entry weighs beside its command, in messages and on disk. */
export const ENTRY_OVERHEAD_BYTES = 64

export class RaftLog {
  /** Index and term of the newest entry that was compacted away; 0 = none was. */
  base = 0
  baseTerm = 0
  private baseHash: string
  private entries: LogEntry[]
  /** Indices of the config entries held, ascending: the newest is asked for at every step. */
  private configs: number[]
  /** Of the chain, from `base + 1` on, as far as somebody has asked. */
  private links: string[] = []
  private readonly hash: Hash

  constructor(entries: readonly LogEntry[] = [], base = 0, baseTerm = 0, baseHash = CHAIN_START, hash: Hash = sha256Text) {
    this.base = base
    this.baseTerm = baseTerm
    this.baseHash = baseHash
    this.hash = hash
    this.entries = [...entries]
    this.configs = this.entries.filter(isConfig).map(({ index }) => index)
  }

  get lastIndex(): number {
    return this.base + this.entries.length
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.baseTerm
  }

  /** Undefined for what is not held: compacted, or not there yet. */
  entry(index: number): LogEntry | undefined {
    return this.entries[index - this.base - 1]
  }

  /** 0 before the first entry; undefined where the term is not known any more, or not yet. */
  termAt(index: number): number | undefined {
    if (index === this.base) return this.baseTerm
    return index < this.base ? undefined : this.entry(index)?.term
  }

  /** Of the chain over all entries up to `index`; undefined for what is not held. */
  hashAt(index: number): string | undefined {
    if (index < this.base || index > this.lastIndex) return undefined
    while (this.links.length < index - this.base) {
      const at = this.links.length
      this.links.push(nextLink(this.hash, this.links[at - 1] ?? this.baseHash, this.entries[at] as LogEntry))
    }
    return index === this.base ? this.baseHash : this.links[index - this.base - 1]
  }

  /** Entries after `index`. */
  after(index: number): readonly LogEntry[] {
    return this.entries.slice(Math.max(0, index - this.base))
  }

  /** Index of the newest config of an epoch at or below `upTo`; 0 = none is held. */
  newestConfig(epochId: string | undefined, upTo = Infinity): number {
    for (let i = this.configs.length - 1; i >= 0; i--) {
      const index = this.configs[i] as number
      const body = this.entry(index)?.body
      if (index <= upTo && body?.kind === 'config' && body.epochId === epochId) return index
    }
    return 0
  }

  /** The committees of an epoch that are held. */
  configsOf(epochId: string): ConfigStep[] {
    return this.configs.flatMap((index) => {
      const body = this.entry(index)?.body
      return body?.kind === 'config' && body.epochId === epochId ? [{ index, voters: body.voters, consent: body.consent ?? null }] : []
    })
  }

  /** Whether a committee that is held, of this line or of one that it carries on, names this peer. */
  namesVoter(peer: string): boolean {
    return this.configs.some((index) => {
      const body = this.entry(index)?.body
      return body?.kind === 'config' && body.voters.includes(peer)
    })
  }

  append(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      this.entries.push(entry)
      if (isConfig(entry)) this.configs.push(entry.index)
    }
  }

  /** Drops the entry with this index and all after it. */
  truncateFrom(index: number): void {
    this.entries.length = Math.min(this.entries.length, Math.max(0, index - this.base - 1))
    this.links.length = Math.min(this.links.length, this.entries.length)
    while ((this.configs.at(-1) ?? -1) >= index) this.configs.pop()
  }

  /** Forgets entries up to `index`, which must be held or be the base. */
  compact(index: number): void {
    if (index <= this.base) return
    const term = this.termAt(index)
    const hash = this.hashAt(index)
    if (term === undefined || hash === undefined) throw new Error(`log: cannot compact up to ${index}, last entry is ${this.lastIndex}`)
    this.entries = this.entries.slice(index - this.base)
    this.links = this.links.slice(index - this.base)
    this.base = index
    this.baseTerm = term
    this.baseHash = hash
    this.configs = this.configs.filter((config) => config > index)
  }

  /** Holds nothing any more but the knowledge that all up to `index` is in a snapshot. */
  restart(index: number, term: number, hash: string): void {
    this.entries = []
    this.configs = []
    this.links = []
    this.base = index
    this.baseTerm = term
    this.baseHash = hash
  }
}

export function entryBytes({ body }: LogEntry): number {
  return ENTRY_OVERHEAD_BYTES + (body.kind === 'command' ? body.command.byteLength : 0)
}

function isConfig({ body }: LogEntry): boolean {
  return body.kind === 'config'
}
