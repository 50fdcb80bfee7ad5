/**
 * The job service of one simulated peer: real `Registry`, `JobManager`, `Told` and `MemberCore`; around them what
 * `protocol/jobs/service.ts` and `protocol/control/service.ts` do, with messages instead of streams. Keep in step.
 */
import type { Fence, LogEntry } from '../../protocol/coordinator/types.ts'
import { couldHold, type JobNeed, type PeerView, slotsTaken } from '../../protocol/jobs/capacity.ts'
import { decodeCommand, encodeCommand, type JobCommand } from '../../protocol/jobs/commands.ts'
import { Forsaken } from '../../protocol/jobs/forsaken.ts'
import { JobManager, type ManagerInput } from '../../protocol/jobs/manager.ts'
import { COMMANDS, holdsNothing, type JobEnvelope, type JobMessage, type JobMessageOf } from '../../protocol/jobs/messages.ts'
import { isTerminal, type JobRecord } from '../../protocol/jobs/record.ts'
import { Registry, type RegistryEvent } from '../../protocol/jobs/registry.ts'
import { Told } from '../../protocol/jobs/told.ts'
import { WITHDRAWAL_CHECK_MS, Withdrawal } from '../../protocol/jobs/withdrawal.ts'
import { type Held, memoryForJob } from '../../protocol/training/compute-provider.ts'
import type { GroupFrame } from './group.ts'
import { SimMember } from './member.ts'
import type { Application, SimPeer } from './peer.ts'
import type { Weights, WeightsLedger } from './weights.ts'
import { Violation } from './world.ts'

/** What a peer can do: drawn from the seed. */
export interface Equipment {
  readonly limitBytes: number
  readonly slots: number
  readonly speed: number
  readonly computes: boolean
  /** False: its disk is full. */
  readonly keeps?: boolean
}

export type JobRequest =
  | { readonly type: 'submit'; readonly jobId: string; readonly signed: string }
  | { readonly type: 'cancel' | 'pause' | 'resume'; readonly jobId: string }
  | { readonly type: 'import'; readonly records: readonly JobRecord[] }

type Body =
  | { readonly kind: 'job'; readonly envelope: JobEnvelope }
  | { readonly kind: 'offer'; readonly fence: Fence; readonly jobId: string; readonly attempt: number }
  | { readonly kind: 'frame'; readonly frame: GroupFrame }
  | { readonly kind: 'state?'; readonly id: number; readonly jobId: string; readonly step: number }
  | { readonly kind: 'state'; readonly id: number; readonly weights: Weights | null }
  | { readonly kind: 'request'; readonly id: number; readonly request: JobRequest }
  | { readonly kind: 'answer'; readonly id: number; readonly done: boolean }

export interface JobsSurroundings {
  readonly ledger: WeightsLedger
  readonly equipment: (peer: SimPeer) => Equipment
  readonly equipmentOf: (peer: string) => Equipment
  /** What the job whose spec carries this nonce takes on a peer. */
  readonly needOf: (nonce: string) => JobNeed
  /** A peer obeys a command. */
  readonly commanded: (peer: SimPeer, from: string, fence: Fence, what: string) => void
  /** A peer has applied a command that changed something; `before`: the job as it was. */
  readonly applied: (jobs: SimJobs, command: JobCommand, before: JobRecord | undefined) => void
  /** A coordinator says something to a member. */
  readonly says: (peer: SimPeer, fence: Fence, said: Omit<JobEnvelope, 'fence'>) => void
}

const STATE_TIMEOUT_MS = 3000
const REQUEST_TIMEOUT_MS = 3000
const IMPORT_RETRY_MS = 1000

export class SimJobs implements Application {
  readonly registry = new Registry()
  readonly peer: SimPeer
  /** Terminal states this peer has told, by job. */
  readonly ends = new Map<string, string[]>()
  manager: JobManager | null = null
  /** The owner of this peer has taken its adapter back. */
  takenBack = false
  /** What others know of it. */
  private announced: { readonly usedBytes: number; readonly slots: number }
  private readonly around: JobsSurroundings
  private readonly told = new Told()
  private readonly members = new Map<string, SimMember>()
  private readonly forsaken = new Forsaken<SimMember>()
  private readonly waiting = new Map<number, (answer: Weights | boolean | null) => void>()
  private orphans: JobRecord[]
  private bringing = false
  private readonly keeping = new Set<string>()
  private nextId = 1
  private dead = false

  constructor(peer: SimPeer, around: JobsSurroundings) {
    this.peer = peer
    this.around = around
    this.announced = { usedBytes: 0, slots: around.equipment(peer).slots }
    this.orphans = JSON.parse(peer.disk.values.get('orphans') ?? '[]') as JobRecord[]
    this.retryOrphans()
  }

  // ---- what the committee says ----

  onCommitted(entry: LogEntry): void {
    if (entry.body.kind !== 'command') return
    const command = commandOf(entry)
    if (command === null) return
    const before = 'jobId' in command ? this.registry.get(command.jobId) : undefined
    const { changed, events } = this.registry.apply(command)
    if (before !== undefined) checkFollows(before, this.registry.get(before.jobId), `${this.peer.id} after ${command.type}`)
    this.tell(events)
    if (changed) this.around.applied(this, command, before)
    this.releaseEnded()
    if (this.manager !== null) this.drive({ type: 'applied' })
  }

  onLeader(leader: string | null): void {
    const { registry } = this
    this.manager = leader === this.peer.id ? new JobManager({ registry, needOf: ({ nonce }) => this.around.needOf(nonce) }) : null
  }

  onAbandon(entries: readonly LogEntry[]): void {
    for (const entry of entries) {
      const command = commandOf(entry)
      if (command !== null) this.registry.apply(command)
    }
    this.keepOrphans([...this.orphans, ...this.registry.list()])
  }

  snapshot(): Uint8Array {
    return this.registry.snapshot()
  }

  onRestore(_index: number, data: Uint8Array): void {
    this.tell(this.registry.restore(data))
    for (const member of [...this.members.values()]) if (this.registry.get(member.jobId) === undefined) this.end(member)
    this.releaseEnded()
    if (this.manager !== null) this.drive({ type: 'applied' })
  }

  private tell(events: readonly RegistryEvent[]): void {
    for (const event of events) {
      if (!this.told.isNews(event, this.registry.get(event.jobId)?.attempt ?? 0)) continue
      this.peer.world.note(() => `${this.peer.id}      ${JSON.stringify(event).slice(0, 160)}`)
      if (event.event === 'job.state' && isTerminal(event)) this.ends.set(event.jobId, [...(this.ends.get(event.jobId) ?? []), event.state])
    }
  }

  onReset(): void {
    for (const member of [...this.members.values()]) this.end(member)
    this.registry.clear()
    this.manager = null
  }

  private keepOrphans(records: JobRecord[]): void {
    this.orphans = records
    this.peer.disk.values.set('orphans', JSON.stringify(records))
  }

  private retryOrphans(): void {
    this.bringOrphans()
    this.peer.after(IMPORT_RETRY_MS, () => !this.dead && this.retryOrphans())
  }

  private bringOrphans(): void {
    const record = this.orphans[0]
    if (record === undefined || this.bringing || this.peer.core?.leader == null) return
    this.bringing = true
    this.request({ type: 'import', records: [record] }, (done) => {
      this.bringing = false
      if (!done) return
      this.keepOrphans(this.orphans.filter((other) => other !== record))
      this.bringOrphans()
    })
  }

  // ---- requests of people ----

  /** To whoever coordinates; `done(false)`: ask again. */
  request(request: JobRequest, done: (done: boolean) => void): void {
    const { coordination } = this.peer
    const leader = coordination?.core.leader ?? null
    if (coordination?.leads) this.serve(request, done)
    else if (leader === null || leader === this.peer.id) done(false)
    else
      this.ask(
        leader,
        (id) => ({ kind: 'request', id, request }),
        REQUEST_TIMEOUT_MS,
        (answer) => done(answer === true),
      )
  }

  private serve(request: JobRequest, done: (done: boolean) => void): void {
    const { coordination } = this.peer
    if (!coordination?.leads) {
      done(false)
      return
    }
    const command = this.commandFor(request)
    if (command === null) done(true)
    else coordination.propose(encodeCommand(command), (index) => done(index !== null))
  }

  /** As `checkSubmission` and `checkAction` decide; null = nothing to do. */
  private commandFor(request: JobRequest): JobCommand | null {
    const at = this.peer.wall()
    if (request.type === 'import') return { ...request, at }
    const record = this.registry.get(request.jobId)
    switch (request.type) {
      case 'submit':
        return record === undefined ? { type: 'submit', jobId: request.jobId, signed: request.signed, at } : null
      case 'cancel':
        return record === undefined || isTerminal(record) ? null : { type: 'cancel', jobId: request.jobId, reason: 'cancelled by its owner', at }
      case 'pause':
        return record?.state === 'running' ? { type: 'pause', jobId: request.jobId, at } : null
      case 'resume':
        return record?.state === 'paused' ? { type: 'resume', jobId: request.jobId, at } : null
      default:
        return request satisfies never
    }
  }

  private ask(to: string, body: (id: number) => Body, timeoutMs: number, answer: (answer: Weights | boolean | null) => void): void {
    const id = this.nextId++
    const once = (value: Weights | boolean | null): void => {
      if (this.waiting.delete(id)) answer(value)
    }
    this.waiting.set(id, once)
    if (!this.send(to, body(id))) {
      this.peer.after(1, () => once(null))
      return
    }
    this.peer.after(timeoutMs, () => once(null))
  }

  // ---- coordinating ----

  tick(): void {
    const { core } = this.peer
    if (core !== null) for (const member of this.forsaken.due([...this.members.values()], core.fence, this.peer.now())) this.end(member)
    if (this.manager !== null && this.peer.coordination?.leads) this.drive({ type: 'tick', peers: this.peer.present().map((peer) => this.viewOf(peer)) })
  }

  /** As its last presence record says, or said before it died. */
  private viewOf(peer: SimPeer): PeerView {
    const said = (peer.application as SimJobs | null)?.announced ?? { usedBytes: 0, slots: 0 }
    return { peerId: peer.id, freeBytes: null, bufferBytes: Number.POSITIVE_INFINITY, visible: true, native: true, ...this.around.equipment(peer), ...said }
  }

  /** What this peer gives or holds has changed: gossip tells it a little later. */
  private changed(): void {
    this.peer.after(this.peer.world.uniform(20, 1500), () => {
      this.announced = { usedBytes: this.usedBytes(), slots: this.slots }
    })
  }

  private usedBytes(): number {
    return [...this.members.values()].reduce((sum, member) => sum + member.memoryBytes, 0)
  }

  /** Slots it gives now. */
  private get slots(): number {
    return this.takenBack ? 0 : this.around.equipment(this.peer).slots
  }

  private drive(input: ManagerInput): void {
    const { coordination } = this.peer
    if (this.manager === null || !coordination?.leads) return
    const output = this.manager.step(input, this.peer.now(), this.peer.wall())
    this.checkPlaced(this.manager)
    for (const command of output.proposals) {
      this.peer.world.note(() => `${this.peer.id}      proposes ${JSON.stringify(command).slice(0, 200)}`)
      coordination.propose(encodeCommand(command), () => {})
    }
    const { fence } = coordination.core
    for (const { to, ...said } of output.messages) {
      this.around.says(this.peer, fence, said)
      this.deliver(to, { ...said, fence })
    }
    for (const { jobId, attempt } of output.offers) {
      const offer: Body = { kind: 'offer', fence, jobId, attempt }
      this.peer.broadcast({ kind: 'application', body: offer })
      this.peer.after(0, () => this.onOffer(offer, this.peer.id))
    }
  }

  /**
   * A coordinator promises no peer more than it has, by what its jobs need at least. Members whom it asks what they hold are
   * no promise: a record still names a peer that left, and that has taken another job since, when a new coordinator reads both.
   */
  private checkPlaced(manager: JobManager): void {
    const placed = new Map<string, { slots: number; bytes: number }>()
    for (const { jobId, peers } of manager.placed) {
      if (manager.phaseOf(jobId) === 'querying') continue
      const { bytes } = this.around.needOf(this.registry.spec(jobId).nonce)
      for (const peer of peers) {
        const sum = placed.get(peer) ?? { slots: 0, bytes: 0 }
        placed.set(peer, { slots: sum.slots + 1, bytes: sum.bytes + bytes })
      }
    }
    for (const [peer, { slots, bytes }] of placed) {
      const has = this.around.equipmentOf(peer)
      if (bytes > has.limitBytes) throw new Violation('memory is never over-committed', `${this.peer.id} gives ${peer} ${bytes} of ${has.limitBytes}`)
      if (slots > has.slots) throw new Violation('slots are never exceeded', `${this.peer.id} gives ${peer} ${slots} jobs in ${has.slots} slots`)
    }
  }

  private deliver(to: string, envelope: JobEnvelope): void {
    if (to === this.peer.id) this.peer.after(0, () => this.receive(to, envelope))
    else this.send(to, { kind: 'job', envelope })
  }

  private send(to: string, body: Body): boolean {
    return this.peer.send(to, 'stream', { kind: 'application', body })
  }

  // ---- messages ----

  onMessage(from: string, payload: unknown): void {
    const body = payload as Body
    switch (body.kind) {
      case 'job':
        this.receive(from, body.envelope)
        break
      case 'offer':
        this.onOffer(body, from)
        break
      case 'frame':
        this.members.get(body.frame.jobId)?.frame(from, body.frame)
        break
      case 'state?':
        this.send(from, { kind: 'state', id: body.id, weights: this.members.get(body.jobId)?.exportState(body.step) ?? null })
        break
      case 'request':
        this.serve(body.request, (done) => this.send(from, { kind: 'answer', id: body.id, done }))
        break
      case 'state':
        this.waiting.get(body.id)?.(body.weights)
        break
      case 'answer':
        this.waiting.get(body.id)?.(body.done)
        break
      default:
        body satisfies never
    }
  }

  private receive(from: string, { jobId, attempt, fence, message }: JobEnvelope): void {
    this.peer.world.note(() => `${this.peer.id}      ${from} says ${JSON.stringify(message).slice(0, 160)}`)
    if (COMMANDS.has(message.type)) this.onCommand(from, jobId, attempt, fence, message)
    else if (this.manager !== null) this.drive({ type: 'message', from, jobId, attempt, message })
  }

  private onCommand(from: string, jobId: string, attempt: number, fence: Fence, message: JobMessage): void {
    const { coordination } = this.peer
    if (from !== coordination?.core.leader || !coordination.accepts(fence)) return
    this.around.commanded(this.peer, from, fence, message.type)
    if (message.type === 'keep') {
      this.keep(jobId, attempt, message)
      return
    }
    let member = this.members.get(jobId)
    if (message.type === 'prepare' && member?.attempt !== attempt) {
      if (member !== undefined) this.end(member)
      const admitted = this.admit(jobId, undefined)
      if ('refusal' in admitted) {
        const refusal: JobMessage = { type: 'prepared', error: admitted.refusal, samplesPerSecond: 0, memoryBytes: 0 }
        this.deliver(from, { jobId, attempt, fence, message: refusal })
        return
      }
      member = this.open(jobId, attempt)
    }
    const mine = member?.attempt === attempt
    if (mine && member !== undefined) {
      this.forsaken.wanted(member, fence)
      member.lastFence = fence
      member.command(message)
    }
    if (message.type === 'stop') this.deliver(from, { jobId, attempt, fence, message: holdsNothing(0) })
    else if (message.type === 'query' && !mine) this.deliver(from, { jobId, attempt, fence, message: holdsNothing(message.nonce) })
  }

  /** As `CheckpointKeeper` does. */
  private keep(jobId: string, attempt: number, { sha256 }: JobMessageOf<'keep'>): void {
    if (this.keeping.has(sha256)) return
    this.keeping.add(sha256)
    const { peer } = this
    peer.after(peer.world.uniform(5, 800), () => {
      this.keeping.delete(sha256)
      const found = this.around.equipment(peer).keeps !== false && this.hasBlob(sha256)
      if (found) peer.disk.values.set(`blob/${sha256}`, '')
      const { core } = peer
      if (core === null || core.leader === null) return
      const message: JobMessage = { type: 'kept', sha256, error: found ? '' : 'no peer gave it, or there is no room' }
      this.deliver(core.leader, { jobId, attempt, fence: core.fence, message })
    })
  }

  private onOffer(offer: Body & { kind: 'offer' }, from: string): void {
    const { coordination } = this.peer
    if (from !== coordination?.core.leader || !coordination.accepts(offer.fence)) return
    const { jobId, attempt, fence } = offer
    // Prepared for a coordinator that is gone, a peer bids again: its successor does not know.
    const present = this.members.get(jobId)
    if (present?.attempt === attempt && present.core.membership > 0) return
    if (this.registry.get(jobId) === undefined) return
    const admitted = this.admit(jobId, present)
    const free = 'refusal' in admitted ? { ...admitted, freeBytes: 0, freeSlots: 0 } : { ...admitted, refusal: '' }
    const { speed } = this.around.equipment(this.peer)
    this.deliver(from, { jobId, attempt, fence, message: { type: 'bid', speed, cached: true, diskBytes: free.freeBytes, ...free } })
  }

  // ---- admission ----

  private held(own: SimMember | undefined): Held {
    let othersBytes = 0
    for (const member of this.members.values()) if (member !== own) othersBytes += member.reservedBytes
    return { ownBytes: own?.memoryBytes ?? 0, othersBytes }
  }

  /** What memory one of so many jobs may take here. */
  private roomBytes(jobId: string, slots: number, own: SimMember | undefined): number {
    const { limitBytes } = this.around.equipment(this.peer)
    const need = this.around.needOf(this.registry.spec(jobId).nonce)
    const memory = { totalBytes: null, freeBytes: null, source: 'limits', limitBytes, usedBytes: this.usedBytes(), maxBufferSize: 0 } as const
    return memoryForJob({ ...memory, maxStorageBufferBindingSize: 0 }, slots, this.held(own), need.bytes).limitBytes
  }

  private admit(jobId: string, own: SimMember | undefined): { refusal: string } | { freeBytes: number; freeSlots: number } {
    if (this.registry.get(jobId) === undefined) return { refusal: 'does not know the job' }
    const equipment = this.around.equipment(this.peer)
    const need = this.around.needOf(this.registry.spec(jobId).nonce)
    const could = couldHold(this.viewOf(this.peer), need)
    const freeSlots = this.slots - this.members.size + (own === undefined ? 0 : 1)
    if (!could.fits) return { refusal: could.reason }
    if (this.slots < 1) return { refusal: 'is paused by its owner' }
    if (freeSlots < 1) return { refusal: slotsTaken(equipment.slots) }
    const freeBytes = this.roomBytes(jobId, 1, own)
    return need.bytes > freeBytes ? { refusal: `needs ${need.bytes}, has ${freeBytes} free` } : { freeBytes, freeSlots }
  }

  /** As `TakingPart.fit`: one to two times what the job needs, by the rows there is room for. */
  private fit(member: SimMember): number | null {
    const { slots } = this.around.equipment(this.peer)
    const { bytes } = this.around.needOf(this.registry.spec(member.jobId).nonce)
    const room = this.roomBytes(member.jobId, slots, member)
    if (bytes > room) return null
    member.reservedBytes = Math.min(room, Math.round(bytes * this.peer.world.uniform(1, 2)))
    this.checkOwn()
    this.changed()
    return member.reservedBytes
  }

  /** Whatever a coordinator asks, a peer keeps within its means. */
  private checkOwn(): void {
    const { limitBytes, slots } = this.around.equipment(this.peer)
    const promised = [...this.members.values()].reduce((sum, member) => sum + Math.max(member.reservedBytes, member.memoryBytes), 0)
    if (promised > limitBytes) throw new Violation('memory is never over-committed', `${this.peer.id} holds ${promised} of ${limitBytes}`)
    if (this.members.size > slots) throw new Violation('slots are never exceeded', `${this.peer.id} works on ${[...this.members.keys()]} in ${slots} slots`)
  }

  // ---- taking part ----

  private open(jobId: string, attempt: number): SimMember {
    const { peer, around } = this
    const member = new SimMember(jobId, attempt, around.needOf(this.registry.spec(jobId).nonce).bytes, {
      peer,
      ledger: around.ledger,
      sendFrame: (to, frame) => this.send(to, { kind: 'frame', frame }),
      fetchState: (holder, job, step, done) =>
        this.ask(
          holder,
          (id) => ({ kind: 'state?', id, jobId: job, step }),
          STATE_TIMEOUT_MS,
          (answer) => done(typeof answer === 'boolean' ? null : answer),
        ),
      fetchBlob: (sha256, done) => peer.after(50, () => done(this.hasBlob(sha256))),
      report: (one, message) => this.report(one, message),
      stopped: (one) => this.end(one),
      fit: (one) => this.fit(one),
    })
    this.members.set(jobId, member)
    this.checkOwn()
    this.changed()
    return member
  }

  private hasBlob(sha256: string): boolean {
    const connected = new Set([this.peer.id, ...this.peer.connectedPeers()])
    return this.peer.present().some((peer) => connected.has(peer.id) && peer.disk.values.has(`blob/${sha256}`))
  }

  private end(member: SimMember): void {
    if (this.members.get(member.jobId) === member) this.members.delete(member.jobId)
    member.release()
    this.changed()
  }

  private releaseEnded(): void {
    for (const member of [...this.members.values()]) {
      const record = this.registry.get(member.jobId)
      if (record !== undefined && (isTerminal(record) || record.attempt > member.attempt || leftOut(record, member, this.peer.id))) this.end(member)
    }
  }

  private report(member: SimMember, message: JobMessage): void {
    const { core } = this.peer
    const leader = core?.leader ?? null
    if (core === null || leader === null) return
    this.deliver(leader, { jobId: member.jobId, attempt: member.attempt, fence: core.fence, message })
    if (message.type === 'prepared' && message.error !== '') this.end(member)
  }

  onPeerGone(peer: string): void {
    for (const member of [...this.members.values()]) member.peerGone(peer)
    if (this.manager !== null) this.drive({ type: 'gone', peer })
  }

  onPeerSilent(peer: string): void {
    if (this.manager !== null) this.drive({ type: 'gone', peer })
  }

  /** As `Jobs.withdraw`: the owner wants the adapter back. */
  withdraw(when: 'now' | 'round-end', done: () => void): void {
    this.takenBack = true
    this.changed()
    const withdrawal = new Withdrawal<SimMember>(when, this.peer.now(), {
      running: () => [...this.members.values()],
      tell: (member, message) => this.report(member, message),
      end: (member) => this.end(member),
    })
    const check = (): void => {
      if (this.dead) return
      if (withdrawal.check(this.peer.now())) done()
      else this.peer.after(WITHDRAWAL_CHECK_MS, check)
    }
    check()
  }

  /** The owner lends it again. */
  giveAgain(): void {
    this.takenBack = false
    this.changed()
  }

  memberOf(jobId: string): SimMember | undefined {
    return this.members.get(jobId)
  }

  /** Nobody holds an adapter for a job that has ended. */
  activeJobs(): string[] {
    return [...this.members.keys()]
  }

  kill(): void {
    this.dead = true
    for (const member of this.members.values()) member.release()
    this.members.clear()
    this.waiting.clear()
  }
}

/** The group went on without this peer, and the message that says so was lost with a connection. */
function leftOut(record: JobRecord, member: SimMember, self: string): boolean {
  return (
    record.attempt === member.attempt &&
    record.membership > member.core.membership &&
    member.core.membership > 0 &&
    !record.members.some(({ peerId }) => peerId === self)
  )
}

const decoded = new WeakMap<LogEntry, JobCommand>()

/** Every peer applies the same entry: it is decoded once, and frozen, so that nobody can change it for the others. */
function commandOf(entry: LogEntry): JobCommand | null {
  if (entry.body.kind !== 'command' || entry.body.command[0] !== 0x7b) return null // comes to rest with bytes of no meaning
  let command = decoded.get(entry)
  if (command === undefined) {
    command = Object.freeze(decodeCommand(entry.body.command))
    decoded.set(entry, command)
  }
  return command
}

/** Within a line attempts and memberships only count up, and an end is the end. */
function checkFollows(before: JobRecord, after: JobRecord | undefined, where: string): void {
  if (after === undefined) return
  if (isTerminal(before) && after.state !== before.state)
    throw new Violation('an end is final', `${where}: job ${before.jobId} was ${before.state}, is ${after.state}`)
  const back = after.attempt < before.attempt || (after.attempt === before.attempt && after.membership < before.membership)
  if (back) {
    const counts = ({ attempt, membership }: JobRecord): string => `attempt ${attempt}, membership ${membership}`
    throw new Violation('attempts and memberships count up', `${where}: job ${before.jobId} went from ${counts(before)} to ${counts(after)}`)
  }
}

/** What holds for a job record at all times: receipts sum to the samples. */
export function checkRecord(record: JobRecord, where: string): void {
  const sum = Object.values(record.receipts).reduce((total, samples) => total + samples, 0)
  if (sum !== record.samples) throw new Violation('receipts sum to samples', `${where}: job ${record.jobId}: ${sum} of ${record.samples}`)
}
