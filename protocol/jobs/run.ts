/**
 * The coordinator's working memory of one attempt of one job. Not replicated: a new coordinator asks the members
 * (`querying`) and knows all it needs.
 */
import type { KnownBid } from './capacity.ts'
import type { BlobRef, Member } from './commands.ts'
import * as C from './constants.ts'
import type { Evaluated, Status } from './messages.ts'
import type { RoundDone } from './pb/jobs.ts'

export type Phase =
  /** The offer is out, bids come in. */
  | 'offering'
  /** Chosen peers fetch data and compile. */
  | 'preparing'
  /** A membership has been proposed. */
  | 'forming'
  /** Members connect and fetch weights. */
  | 'starting'
  | 'training'
  /** All members ended the round; its record has been proposed. */
  | 'committing'
  | 'evaluating'
  /** The end has been proposed: completed, failed, or back to the queue. */
  | 'ending'
  /** Something happened to a member: the others are asked what they hold. */
  | 'querying'
  /** Paused by its owner: members hold what they have. */
  | 'paused'

export interface Candidate {
  state: 'preparing' | 'prepared'
  readonly since: number
  readonly share: number
  toldAt: number
  speed: number
}

export class Run {
  readonly jobId: string
  readonly attempt: number
  phase: Phase = 'offering'
  phaseSince: number
  /** When members were last told what this phase asks of them. */
  toldAt: number
  /** What the attempt has taken until `countedAt`, without pauses; and whether time counts since. */
  private elapsed: number
  private countedAt: number
  private counts = false
  offeredAt = -Infinity
  /** When this series of offers began. */
  askedAt = -Infinity
  readonly bids = new Map<string, KnownBid>()
  /** Peers that declined, or say nothing: not counted on until then, and why, for people who ask why a job waits. */
  readonly away = new Map<string, { readonly until: number; readonly why: string }>()
  /** Bytes that members and candidates say they hold for the job. */
  readonly memory = new Map<string, number>()
  /** Peers being prepared, and prepared ones that are not members yet. */
  readonly candidates = new Map<string, Candidate>()
  /** Not before: when a dropped peer may be taken again. */
  readonly barred = new Map<string, { until: number; times: number }>()
  readonly accusations = new Map<string, number>()
  /** Members whose owners take them back, at once or at the end of the round. */
  readonly leaving = new Set<string>()

  membership = 0
  members: readonly Member[] = []
  /** Step at which the membership was proposed to begin. */
  startStep = 0
  holders: readonly string[] = []
  checkpoint: BlobRef | null = null
  /** A member of this membership found nobody to give it the checkpoint. */
  lacksCheckpoint = false
  readonly ready = new Set<string>()

  round = 0
  untilStep = 0
  expectedMs = 0
  stepMs: number | null = null
  readonly dones = new Map<string, RoundDone>()
  readonly evaluated = new Map<string, Evaluated>()

  queryNonce: number
  /** Nonce at the start of the evaluation: queries after it only ask who is alive. */
  evaluateNonce: number
  readonly statuses = new Map<string, Status>()
  queried: readonly string[] = []
  lastQueryAt = 0
  failures: string[] = []

  constructor(jobId: string, attempt: number, now: number, elapsedMs = 0) {
    this.jobId = jobId
    this.attempt = attempt
    this.phaseSince = now
    this.toldAt = now
    this.elapsed = elapsedMs
    this.countedAt = now
    // Answers to questions of a coordinator before this one must not pass for answers to ours.
    this.queryNonce = (Math.floor(now) % 1_000_000) * 1000
    this.evaluateNonce = this.queryNonce
  }

  /** Counted by this coordinator's own clock alone: the wall clock may be set at any time, and be another's. */
  elapsedMs(now: number): number {
    return this.elapsed + (this.counts ? Math.min(C.MAX_COUNTED_MS, now - this.countedAt) : 0)
  }

  /** Time counts from now on, or does not. */
  count(now: number, counts: boolean): void {
    this.elapsed = this.elapsedMs(now)
    this.countedAt = now
    this.counts = counts
  }

  enter(phase: Phase, now: number): void {
    this.phase = phase
    this.phaseSince = now
    this.toldAt = now
  }

  isMember(peer: string): boolean {
    return this.members.some((member) => member.peerId === peer)
  }

  /** Everybody who has been told to hold something for this attempt. */
  involved(): string[] {
    return [...new Set([...this.members.map((member) => member.peerId), ...this.candidates.keys()])]
  }

  bar(peer: string, now: number, backoffMs: number): void {
    const times = (this.barred.get(peer)?.times ?? 0) + 1
    this.barred.set(peer, { until: now + backoffMs * 2 ** (times - 1), times })
  }

  /** As `bar`, without a memory of it: who went of its own accord waits the same short time whenever it comes back. */
  rest(peer: string, now: number, ms: number): void {
    this.barred.set(peer, { until: now + ms, times: this.barred.get(peer)?.times ?? 0 })
  }

  /** Why not to count on a peer just now; null = one may. */
  whyNot(peer: string, now: number): string | null {
    const barred = this.barred.get(peer)
    if (barred !== undefined && barred.until > now) return `was dropped from this job, is asked again in ${Math.ceil((barred.until - now) / 1000)} s`
    const away = this.away.get(peer)
    return away !== undefined && away.until > now ? away.why : null
  }

  isBarred(peer: string, now: number): boolean {
    return (this.barred.get(peer)?.until ?? -Infinity) > now
  }
}
