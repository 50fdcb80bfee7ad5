/**
 * A coordinator's job manager among peers that do what they are told, for its tests: what it proposes is committed at once,
 * what it says is answered by hand or by members that work without delay.
 */
import type { PeerView } from '../../../protocol/jobs/capacity.ts'
import type { JobCommand } from '../../../protocol/jobs/commands.ts'
import { JobManager, type ManagerInput } from '../../../protocol/jobs/manager.ts'
import { holdsNothing, type JobMessage, type JobMessageOf } from '../../../protocol/jobs/messages.ts'
import type { JobRecord } from '../../../protocol/jobs/record.ts'
import { Registry } from '../../../protocol/jobs/registry.ts'
import type { SignedJob } from '../../sim/specs.ts'
import { peerView } from './scheduling.ts'

interface Said {
  readonly to: string
  readonly jobId: string
  readonly attempt: number
  readonly message: JobMessage
}

/** What a member does about a message; null = as a willing one. */
type Behaviour = (said: Said) => readonly JobMessage[] | null

const JOB_BYTES = 100

export class Coordination {
  readonly registry = new Registry()
  /** All that was said, and when. */
  readonly said: (Said & { readonly at: number })[] = []
  readonly proposed: JobCommand[] = []
  /** Peers that answer nothing. */
  readonly silent = new Set<string>()
  now = 1_000_000
  wall = 1_700_000_000_000
  manager: JobManager
  peers: PeerView[]
  behaviour: Behaviour = () => null
  /** Proposals that are on their way to be committed; null = they are committed at once. */
  underWay: JobCommand[] | null = null
  private readonly steps = new Map<string, number>()

  constructor(peers: readonly (string | PeerView)[]) {
    this.peers = peers.map((peer) => (typeof peer === 'string' ? peerView(peer, { speed: 100 }) : peer))
    this.manager = this.elected()
  }

  private elected(): JobManager {
    return new JobManager({ registry: this.registry, needOf: () => ({ bytes: JOB_BYTES, vectorBytes: 4 }) })
  }

  /** Another peer coordinates from now on, with clocks of its own. */
  takeOver(clocks: { readonly now?: number; readonly wall?: number } = {}): void {
    this.manager = this.elected()
    this.now = clocks.now ?? this.now
    this.wall = clocks.wall ?? this.wall
  }

  submit({ jobId, signed }: SignedJob): void {
    this.commit({ type: 'submit', jobId, signed, at: this.wall })
  }

  job(id: string): JobRecord {
    const record = this.registry.get(id)
    if (record === undefined) throw new Error(`no job ${id}`)
    return record
  }

  /** What an owner asks, committed. */
  act(type: 'cancel' | 'pause' | 'resume', jobId: string): void {
    const at = this.wall
    this.commit(type === 'cancel' ? { type, jobId, reason: 'cancelled by its owner', at } : { type, jobId, at })
  }

  commit(command: JobCommand): void {
    this.registry.apply(command)
    this.drive({ type: 'applied' })
  }

  hear(from: string, jobId: string, attempt: number, message: JobMessage): void {
    this.drive({ type: 'message', from, jobId, attempt, message })
  }

  gone(peer: string): void {
    this.peers = this.peers.filter(({ peerId }) => peerId !== peer)
    this.drive({ type: 'gone', peer })
  }

  /** Lets time pass, until `done` if that comes first; gives the time it took. */
  run(ms: number, done: () => boolean = () => false): number {
    const from = this.now
    while (this.now - from < ms && !done()) {
      this.now += 50
      this.wall += 50
      this.drive({ type: 'tick', peers: this.peers })
    }
    return this.now - from
  }

  /** Says to `to` of this type, after `since`. */
  told<T extends JobMessage['type']>(type: T, to?: string, since = 0): (Said & { readonly at: number; readonly message: JobMessageOf<T> })[] {
    return this.said.filter((one) => one.message.type === type && (to === undefined || one.to === to) && one.at >= since) as never
  }

  private drive(input: ManagerInput): void {
    const { proposals, messages, offers } = this.manager.step(input, this.now, this.wall)
    this.proposed.push(...proposals)
    for (const message of messages) this.said.push({ ...message, at: this.now })
    if (this.underWay !== null) this.underWay.push(...proposals)
    else for (const command of proposals) this.commit(command)
    for (const { jobId, attempt } of offers)
      for (const { peerId } of this.peers) this.answer({ to: peerId, jobId, attempt, message: { type: 'offered' } as never }, true)
    for (const message of messages) this.answer(message, false)
  }

  private answer(said: Said, offered: boolean): void {
    const { to, jobId, attempt } = said
    if (this.silent.has(to) || !this.peers.some(({ peerId }) => peerId === to)) return
    const answers = this.behaviour(said) ?? (offered ? [bid()] : this.willing(said))
    for (const answer of answers) this.hear(to, jobId, attempt, answer)
  }

  private willing({ to, jobId, attempt, message }: Said): readonly JobMessage[] {
    const key = `${to} ${jobId} ${attempt}`
    const step = this.steps.get(key) ?? 0
    switch (message.type) {
      case 'prepare':
        return [{ type: 'prepared', error: '', samplesPerSecond: 100, memoryBytes: JOB_BYTES }]
      case 'assign':
        this.steps.set(key, message.startStep)
        return [{ type: 'ready', membership: message.membership, error: '' } as JobMessage]
      case 'go':
        this.steps.set(key, message.untilStep)
        return [roundDone(message)]
      case 'query':
        return [{ type: 'status', nonce: message.nonce, prepared: true, step, oldestStep: Math.max(0, step - 1), holdsState: true, memoryBytes: JOB_BYTES }]
      case 'evaluate':
        return [{ type: 'evaluated', membership: message.membership, error: '', lossSum: 1, weight: 1, correct: 1, weights: { sha256: 'w', bytes: 8 } }]
      case 'stop':
        return [holdsNothing(0)]
      default:
        return []
    }
  }
}

function bid(): JobMessage {
  return { type: 'bid', freeBytes: 1e9, speed: 100, cached: true, freeSlots: 1, refusal: '', diskBytes: 1e9 } as JobMessage
}

export function roundDone(go: JobMessageOf<'go'>): JobMessage {
  return {
    type: 'roundDone',
    membership: go.membership,
    round: go.round,
    step: go.untilStep,
    thetaHash: `theta ${go.untilStep}`,
    loss: 1,
    seconds: 0.01,
    computeSeconds: 0.01,
    bytesSent: 0,
    bytesReceived: 0,
    ...(go.checkpoint ? { checkpoint: { sha256: `checkpoint ${go.untilStep}`, bytes: 8 } } : {}),
  } as JobMessage
}

/** In the middle of a round: says nothing when told to go. */
export const works: Behaviour = ({ message }) => (message.type === 'go' ? [] : null)
