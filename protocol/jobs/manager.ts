/**
 * What the coordinator does with jobs: offers, choice of members, rounds, losses, retries, the end. A state machine
 * without I/O: `step` takes what happened and the time, and returns what to propose, send and gossip. Effects come from
 * committed commands only (`registry`); this file holds no truth that is lost with it.
 */
import type { JobCommand } from './commands.ts'
import * as C from './constants.ts'
import type { Evaluated, JobMessage, JobMessageOf, RoundDone } from './messages.ts'
import { byUrgency, choose, fits, type Need, type PeerView, splitBatch, whyWaiting } from './placement.ts'
import { isTerminal, type JobRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { agree } from './regroup.ts'
import { Run } from './run.ts'
import type { JobSpec } from './spec.ts'

export interface ManagerInit {
  readonly self: string
  readonly registry: Registry
  /** GPU bytes that a job needs on a peer. */
  readonly estimateBytes: (spec: JobSpec) => number
}

export type ManagerInput =
  | { readonly type: 'tick'; readonly peers: readonly PeerView[] }
  /** A command was applied to the registry. */
  | { readonly type: 'applied' }
  | { readonly type: 'message'; readonly from: string; readonly jobId: string; readonly attempt: number; readonly message: JobMessage }
  /** The connection to a peer closed, or it is taken for dead. */
  | { readonly type: 'gone'; readonly peer: string }

/** `proposals` and the rest are to be done in order; `at` is filled in by the driver. */
export interface ManagerOutput {
  readonly proposals: JobCommand[]
  readonly messages: { to: string; jobId: string; attempt: number; message: JobMessage }[]
  readonly offers: { jobId: string; attempt: number }[]
}

export class JobManager {
  private readonly init: ManagerInit
  private readonly runs = new Map<string, Run>()
  private peers = new Map<string, PeerView>()
  private readonly waitingFor = new Map<string, string>()
  private now = 0
  private wall = 0
  private out: ManagerOutput = { proposals: [], messages: [], offers: [] }

  constructor(init: ManagerInit) {
    this.init = init
  }

  step(input: ManagerInput, now: number, wall: number): ManagerOutput {
    this.now = now
    this.wall = wall
    this.out = { proposals: [], messages: [], offers: [] }
    switch (input.type) {
      case 'tick':
        this.peers = new Map(input.peers.map((peer) => [peer.peerId, peer]))
        this.tick()
        break
      case 'applied':
        this.sync()
        break
      case 'message':
        this.onMessage(input)
        break
      case 'gone':
        this.onGone(input.peer)
        break
      default:
        input satisfies never
    }
    return this.out
  }

  /** Why a job is not running, in words with numbers; null when nothing holds it up. */
  waitingReason(jobId: string): string | null {
    return this.waitingFor.get(jobId) ?? null
  }

  phaseOf(jobId: string): string | null {
    return this.runs.get(jobId)?.phase ?? null
  }

  // ---- following the registry ----

  /** Brings the runs in line with what has been committed. */
  private sync(): void {
    for (const run of [...this.runs.values()]) {
      const record = this.init.registry.get(run.jobId)
      if (record !== undefined && !isTerminal(record) && record.attempt === run.attempt) continue
      this.stopAll(run, record?.reason ?? record?.state ?? 'removed')
      this.runs.delete(run.jobId)
      this.waitingFor.delete(run.jobId)
    }
    for (const record of this.init.registry.list()) {
      if (isTerminal(record)) continue
      const run = this.runs.get(record.jobId)
      if (run !== undefined) this.onApplied(run, record)
    }
  }

  private onApplied(run: Run, record: JobRecord): void {
    if (run.phase === 'forming' && record.membership === run.membership) {
      this.assign(run, record)
    } else if (run.phase === 'committing' && record.round >= run.round) {
      this.nextRound(run, record)
    } else if (run.phase === 'paused' && record.state === 'running') {
      this.query(run, 'resumed')
    }
  }

  private tick(): void {
    this.sync()
    const waiting: { record: JobRecord; priority: number }[] = []
    for (const record of this.init.registry.list()) {
      if (isTerminal(record)) continue
      const run = this.runs.get(record.jobId)
      if (run !== undefined) this.tend(run, record)
      else if (record.state === 'queued') waiting.push({ record, priority: this.init.registry.spec(record.jobId).priority })
      else this.takeOver(record)
    }
    for (const record of byUrgency(waiting, this.wall)) this.offerIfPossible(record)
  }

  private offerIfPossible(record: JobRecord): void {
    if (record.retryAt > this.wall) {
      this.waitingFor.set(record.jobId, `next attempt in ${Math.ceil((record.retryAt - this.wall) / 1000)} s`)
      return
    }
    const reason = whyWaiting([...this.peers.values()], this.need(record), this.busySlots())
    if (reason !== null) {
      this.waitingFor.set(record.jobId, reason)
      return
    }
    this.waitingFor.delete(record.jobId)
    const run = new Run(record.jobId, record.attempt, this.now, this.now)
    this.runs.set(record.jobId, run)
    this.propose({ type: 'offer', jobId: record.jobId, attempt: record.attempt, at: this.wall })
  }

  /** This peer has just become coordinator of a job that was under way. */
  private takeOver(record: JobRecord): void {
    const elapsed = record.startedAt === null ? 0 : Math.max(0, this.wall - record.startedAt)
    const run = new Run(record.jobId, record.attempt, this.now, this.now - elapsed)
    run.membership = record.membership
    run.members = record.members
    run.round = record.round
    run.checkpoint = record.checkpoint
    this.runs.set(record.jobId, run)
    if (record.members.length > 0) this.query(run, 'a new coordinator took over')
  }

  /** What time alone brings about. */
  private tend(run: Run, record: JobRecord): void {
    const spec = this.init.registry.spec(run.jobId)
    if (record.startedAt !== null && this.now - run.startedAt > spec.limits.timeoutSeconds * 1000 && run.phase !== 'ending') {
      this.end(run, record, `timed out after ${spec.limits.timeoutSeconds} s`, true)
      return
    }
    const inPhase = this.now - run.phaseSince
    switch (run.phase) {
      case 'offering':
        this.tendOffer(run, record)
        break
      case 'preparing':
        this.tendPreparing(run, record)
        break
      case 'forming':
      case 'committing':
      case 'ending':
        // A proposal that was not committed: ask the members again, or try to end again.
        if (inPhase > C.PROPOSAL_TIMEOUT_MS) this.query(run, 'a decision was not committed in time')
        break
      case 'starting':
        if (inPhase > C.READY_TIMEOUT_MS) this.query(run, 'members were not ready in time', this.absent(run, run.ready))
        break
      case 'training':
        this.inviteJoiners(run, record)
        if (inPhase > Math.max(C.ROUND_LATE_MIN_MS, C.ROUND_LATE_FACTOR * run.expectedMs)) this.query(run, `round ${run.round} is late`)
        break
      case 'evaluating':
        if (this.now - run.lastQueryAt > C.EVALUATE_CHECK_MS) {
          const silent = this.absent(run, new Set(run.statuses.keys()))
          if (run.queryNonce > run.evaluateNonce && silent.length > 0) this.query(run, `${silent.join(', ')} did not answer`, silent)
          else this.askAll(run)
        }
        break
      case 'querying':
        if (inPhase > C.QUERY_TIMEOUT_MS) this.regroup(run, record)
        break
      case 'paused':
        break
      default:
        run.phase satisfies never
    }
  }

  // ---- finding members ----

  private need(record: JobRecord): Need {
    const spec = this.init.registry.spec(record.jobId)
    return { bytes: this.init.estimateBytes(spec), minPeers: spec.peers.min, maxPeers: spec.peers.max, batchSize: spec.batchSize }
  }

  /** Slots in use by all runs of this coordinator: counted here and now, not from the last report. */
  private busySlots(except?: Run): Map<string, number> {
    const busy = new Map<string, number>()
    for (const run of this.runs.values()) {
      if (run === except) continue
      for (const peer of run.involved()) busy.set(peer, (busy.get(peer) ?? 0) + 1)
    }
    return busy
  }

  private tendOffer(run: Run, record: JobRecord): void {
    if (record.state === 'queued') {
      if (this.now - run.phaseSince > C.PROPOSAL_TIMEOUT_MS) this.runs.delete(run.jobId)
      return
    }
    const need = this.need(record)
    const busy = this.busySlots(run)
    if (this.now - run.offeredAt >= C.OFFER_EVERY_MS) {
      if (run.offeredAt === -Infinity) run.phaseSince = this.now
      run.offeredAt = this.now
      this.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
    }
    const waited = this.now - run.phaseSince
    const able = [...this.peers.values()].filter((peer) => fits(peer, need, busy.get(peer.peerId) ?? 0).fits && !run.isBarred(peer.peerId, this.now))
    const allAnswered = able.every((peer) => run.bids.has(peer.peerId) || run.refusals.has(peer.peerId))
    const enough = run.bids.size >= need.minPeers
    if (!enough || waited < C.BID_WINDOW_MIN_MS || !(allAnswered || waited >= C.BID_WINDOW_MAX_MS)) {
      if (waited > C.BID_WINDOW_MAX_MS) this.waitingFor.set(run.jobId, this.whyFewBids(run, need, busy))
      return
    }
    this.waitingFor.delete(run.jobId)
    const chosen = choose(
      [...run.bids].map(([peerId, bid]) => ({ peerId, speed: bid.speed })),
      need,
    )
    run.bids.clear()
    run.enter('preparing', this.now)
    for (const peer of chosen) this.prepare(run, peer, Math.ceil(need.batchSize / chosen.length))
  }

  private whyFewBids(run: Run, need: Need, busy: ReadonlyMap<string, number>): string {
    const reason = whyWaiting([...this.peers.values()], need, busy)
    if (reason !== null) return reason
    const refusal = [...run.refusals][0]
    const said = refusal === undefined ? '' : `; ${refusal[0]} says: ${refusal[1]}`
    return `${run.bids.size} of at least ${need.minPeers} peers answered the offer${said}`
  }

  private prepare(run: Run, peer: string, share: number): void {
    run.candidates.set(peer, { state: 'preparing', since: this.now, speed: 0 })
    const signedSpec = new Uint8Array() // the driver puts the signed spec in: it has the bytes
    this.send(peer, run, { type: 'prepare', signedSpec, share })
  }

  private tendPreparing(run: Run, record: JobRecord): void {
    for (const [peer, candidate] of run.candidates) {
      if (candidate.state === 'preparing' && this.now - candidate.since > C.PREPARE_TIMEOUT_MS) this.dropCandidate(run, peer, 'was not ready in time')
    }
    const prepared = [...run.candidates].filter(([, candidate]) => candidate.state === 'prepared')
    const { minPeers } = this.need(record)
    const allDone = prepared.length === run.candidates.size
    const waited = this.now - run.phaseSince
    if (prepared.length >= minPeers && prepared.length > 0 && (allDone || waited > C.PREPARE_GRACE_MS)) {
      this.form(run, record, { step: record.checkpoint?.step ?? 0, holders: [], joiners: prepared.map(([peer]) => peer), reason: 'start' })
    } else if (run.candidates.size < minPeers) {
      const why = run.failures.at(-1) ?? 'no peer could prepare the job'
      if (run.candidates.size === 0) this.end(run, record, why, true)
      else run.enter('offering', this.now)
    }
  }

  private inviteJoiners(run: Run, record: JobRecord): void {
    const need = this.need(record)
    const room = Math.min(need.maxPeers, need.batchSize) - run.involved().length
    if (room <= 0 || this.now - run.offeredAt < C.JOINER_OFFER_EVERY_MS) return
    const busy = this.busySlots(run)
    const somebody = [...this.peers.values()].some((peer) => !run.involved().includes(peer.peerId) && fits(peer, need, busy.get(peer.peerId) ?? 0).fits)
    if (!somebody) return
    run.offeredAt = this.now
    this.out.offers.push({ jobId: run.jobId, attempt: run.attempt })
  }

  private dropCandidate(run: Run, peer: string, reason: string): void {
    run.candidates.delete(peer)
    run.failures.push(`${peer}: ${reason}`)
    run.bar(peer, this.now, C.DROPPED_BACKOFF_MS)
    this.send(peer, run, { type: 'stop', reason })
  }

  // ---- memberships and rounds ----

  private form(run: Run, record: JobRecord, how: { step: number; holders: readonly string[]; joiners: readonly string[]; reason: string }): void {
    const speeds = new Map<string, number>()
    for (const peer of how.joiners) speeds.set(peer, run.candidates.get(peer)?.speed || this.peers.get(peer)?.speed || 0)
    const members = splitBatch(record.batchSize, speeds)
    run.membership = record.membership + 1
    run.members = members
    run.holders = how.holders
    run.checkpoint = how.holders.length === 0 && record.checkpoint !== null && record.checkpoint.step === how.step ? record.checkpoint : null
    for (const peer of how.joiners) run.candidates.delete(peer)
    run.enter('forming', this.now)
    const { jobId, attempt, membership } = run
    this.propose({ type: 'member', jobId, attempt, membership, members, startStep: how.step, reason: how.reason, at: this.wall })
  }

  private assign(run: Run, record: JobRecord): void {
    run.ready.clear()
    run.enter('starting', this.now)
    const members = run.members.map((member) => ({ ...member }))
    for (const { peerId } of members) {
      this.send(peerId, run, {
        type: 'assign',
        membership: run.membership,
        members,
        startStep: record.step,
        holders: [...run.holders],
        ...(run.checkpoint === null ? {} : { checkpoint: { sha256: run.checkpoint.sha256, bytes: run.checkpoint.bytes } }),
      })
    }
  }

  private nextRound(run: Run, record: JobRecord): void {
    if (record.state === 'paused') {
      run.enter('paused', this.now)
      return
    }
    if (record.step >= record.totalSteps) {
      run.evaluated.clear()
      run.evaluateNonce = run.queryNonce
      run.lastQueryAt = this.now
      run.enter('evaluating', this.now)
      this.sendMembers(run, { type: 'evaluate', membership: run.membership })
      return
    }
    const joiners = [...run.candidates].filter(([, candidate]) => candidate.state === 'prepared').map(([peer]) => peer)
    if (joiners.length > 0 && run.phase === 'committing') {
      const holders = run.members.map((member) => member.peerId)
      this.form(run, record, { step: record.step, holders, joiners: [...holders, ...joiners], reason: `${joiners.length} joined` })
      return
    }
    const spec = this.init.registry.spec(run.jobId)
    const auto = run.stepMs === null ? C.FIRST_ROUND_STEPS : Math.min(C.MAX_AUTO_ROUND_STEPS, Math.max(1, Math.round(C.ROUND_TARGET_MS / run.stepMs)))
    const steps = spec.sync.roundSteps === 'auto' ? auto : spec.sync.roundSteps
    run.round = record.round + 1
    run.untilStep = Math.min(record.totalSteps, record.step + steps)
    run.expectedMs = (run.stepMs ?? 1000) * (run.untilStep - record.step)
    run.dones.clear()
    run.enter('training', this.now)
    const every = spec.checkpointEveryRounds
    const checkpoint = every !== null && run.round % every === 0
    this.sendMembers(run, { type: 'go', membership: run.membership, round: run.round, untilStep: run.untilStep, checkpoint })
  }

  private onRoundDone(run: Run, record: JobRecord, from: string, message: JobMessageOf<'roundDone'>): void {
    if (run.phase !== 'training' || message.membership !== run.membership || message.round !== run.round || message.step !== run.untilStep) return
    if (!run.isMember(from)) return
    run.dones.set(from, message)
    if (run.dones.size < run.members.length) return
    const dones = [...run.dones.values()]
    const hashes = new Map<string, string[]>()
    for (const [peer, done] of run.dones) hashes.set(done.thetaHash, [...(hashes.get(done.thetaHash) ?? []), peer])
    if (hashes.size > 1) {
      // Must not happen: all apply the same bytes. Keep what most have; the others fetch it.
      const [, right] = [...hashes].sort((a, b) => b[1].length - a[1].length || (a[0] < b[0] ? -1 : 1))[0] as [string, string[]]
      const reason = `weights differ: ${run.members.length - right.length} of ${run.members.length} members hold others`
      this.roundFailed(run, reason)
      this.form(run, record, { step: run.untilStep, holders: right, joiners: run.members.map((member) => member.peerId), reason })
      return
    }
    const first = dones[0] as RoundDone
    const seconds = Math.max(...dones.map((done) => done.seconds))
    const steps = run.untilStep - record.step
    const stepMs = (seconds * 1000) / steps
    run.stepMs = run.stepMs === null ? stepMs : 0.5 * run.stepMs + 0.5 * stepMs
    const stored = dones.every((done) => done.checkpoint !== undefined && done.checkpoint.sha256 === first.checkpoint?.sha256)
    run.enter('committing', this.now)
    this.propose({
      type: 'round',
      jobId: run.jobId,
      attempt: run.attempt,
      membership: run.membership,
      round: run.round,
      step: run.untilStep,
      thetaHash: first.thetaHash,
      loss: first.loss,
      accuracy: first.accuracy ?? null,
      seconds,
      bytes: dones.reduce((sum, done) => sum + done.bytesSent, 0),
      checkpoint: stored && first.checkpoint !== undefined ? { sha256: first.checkpoint.sha256, bytes: first.checkpoint.bytes } : null,
      at: this.wall,
    })
  }

  private roundFailed(run: Run, reason: string): void {
    if (run.round === 0) return
    const members = run.members.map((member) => member.peerId)
    this.propose({ type: 'roundFailed', jobId: run.jobId, attempt: run.attempt, round: run.round, members, reason, at: this.wall })
  }

  private onEvaluated(run: Run, record: JobRecord, from: string, message: JobMessageOf<'evaluated'>): void {
    if (run.phase !== 'evaluating' || message.membership !== run.membership || !run.isMember(from)) return
    if (message.error !== '') {
      this.query(run, `${from} could not evaluate: ${message.error}`, [from])
      return
    }
    run.evaluated.set(from, message)
    if (run.evaluated.size < run.members.length) return
    const all = [...run.evaluated.values()]
    const sum = (read: (one: Evaluated) => number): number => all.reduce((total, one) => total + read(one), 0)
    const weight = sum((one) => one.weight)
    const weights = all[0]?.weights
    if (weights === undefined || all.some((one) => one.weights?.sha256 !== weights.sha256)) {
      this.query(run, 'members stored different weights')
      return
    }
    const known = weight > 0 && all.every((one) => one.correct !== undefined || one.weight === 0)
    run.enter('ending', this.now)
    this.propose({
      type: 'complete',
      jobId: run.jobId,
      attempt: run.attempt,
      at: this.wall,
      result: {
        steps: record.step,
        samples: record.samples,
        seconds: (this.now - run.startedAt) / 1000,
        trainLoss: record.lastLoss ?? 0,
        testLoss: weight > 0 ? sum((one) => one.lossSum) / weight : null,
        testAccuracy: known ? sum((one) => one.correct ?? 0) / weight : null,
        weights: { sha256: weights.sha256, bytes: weights.bytes },
      },
    })
  }

  // ---- losses ----

  private onGone(peer: string): void {
    for (const run of this.runs.values()) {
      run.bids.delete(peer)
      if (run.candidates.delete(peer)) run.failures.push(`${peer}: left`)
      if (!run.isMember(peer) || run.phase === 'ending' || run.phase === 'paused') continue
      if (run.phase === 'querying') run.queried = run.queried.filter((other) => other !== peer)
      else this.query(run, `${peer} left`, [peer])
    }
  }

  /** Stops the clock of the round and asks all members (but `without`) what they hold. */
  private query(run: Run, reason: string, without: readonly string[] = []): void {
    if (run.phase === 'training') this.roundFailed(run, reason)
    run.failures.push(reason)
    run.enter('querying', this.now)
    run.queried = run.members.map((member) => member.peerId).filter((peer) => !without.includes(peer))
    this.askAll(run)
  }

  private askAll(run: Run): void {
    run.queryNonce += 1
    run.statuses.clear()
    run.lastQueryAt = this.now
    for (const peer of run.phase === 'querying' ? run.queried : run.members.map((member) => member.peerId)) {
      this.send(peer, run, { type: 'query', nonce: run.queryNonce, freeze: run.phase === 'querying' })
    }
  }

  private onStatus(run: Run, record: JobRecord, from: string, message: JobMessageOf<'status'>): void {
    if (message.nonce !== run.queryNonce) return
    run.statuses.set(from, message)
    if (run.phase === 'querying' && run.queried.every((peer) => run.statuses.has(peer))) this.regroup(run, record)
  }

  /** A new membership of those who answered, from the newest step they can agree on. */
  private regroup(run: Run, record: JobRecord): void {
    if (record.state === 'paused') {
      run.enter('paused', this.now)
      return
    }
    const survivors = [...run.statuses]
      .filter(([peer, status]) => status.prepared && (run.accusations.get(peer) ?? 0) < C.MAX_ACCUSATIONS)
      .map(([peerId, { step, oldestStep, holdsState }]) => ({ peerId, step, oldestStep, holdsState }))
    const agreement = agree(survivors)
    for (const { peerId } of run.members) {
      if (survivors.some((survivor) => survivor.peerId === peerId)) continue
      run.bar(peerId, this.now, C.DROPPED_BACKOFF_MS)
      run.accusations.delete(peerId)
      this.send(peerId, run, { type: 'stop', reason: 'left out of the group' })
    }
    if (agreement === null && (survivors.length === 0 || record.step > (record.checkpoint?.step ?? 0))) {
      this.end(run, record, `all members were lost (${run.failures.at(-1) ?? 'no answer'})`, true)
      return
    }
    const step = agreement?.startStep ?? record.checkpoint?.step ?? 0
    const holders = agreement?.holders ?? []
    const reason = run.failures.at(-1) ?? 'regroup'
    this.form(run, record, { step, holders, joiners: survivors.map((survivor) => survivor.peerId), reason })
  }

  private onTrouble(run: Run, record: JobRecord, from: string, message: JobMessageOf<'trouble'>): void {
    if (!run.isMember(from) || message.membership !== run.membership) return
    if (message.fatal) {
      this.end(run, record, message.reason, false)
      return
    }
    if (run.phase !== 'starting' && run.phase !== 'training' && run.phase !== 'evaluating') return
    if (message.peerId === from) {
      this.query(run, `${from}: ${message.reason}`, [from])
      return
    }
    run.accusations.set(message.peerId, (run.accusations.get(message.peerId) ?? 0) + 1)
    this.query(run, `${message.peerId}: ${message.reason}`)
  }

  private end(run: Run, record: JobRecord, reason: string, retriable: boolean): void {
    const spec = this.init.registry.spec(run.jobId)
    const retry = retriable && record.attempt <= spec.limits.maxRetries
    const delay = Math.min(C.RETRY_MAX_MS, C.RETRY_MIN_MS * 2 ** (record.attempt - 1))
    run.enter('ending', this.now)
    this.propose({ type: 'fail', jobId: run.jobId, attempt: run.attempt, reason, retry, retryAt: this.wall + delay, at: this.wall })
  }

  // ---- messages ----

  private onMessage(input: ManagerInput & { type: 'message' }): void {
    const { from, message } = input
    const run = this.runs.get(input.jobId)
    const record = this.init.registry.get(input.jobId)
    if (run === undefined || record === undefined || run.attempt !== input.attempt || isTerminal(record)) return
    switch (message.type) {
      case 'bid':
        this.onBid(run, record, from, message)
        break
      case 'prepared': {
        const candidate = run.candidates.get(from)
        if (candidate === undefined) break
        if (message.error !== '') this.dropCandidate(run, from, message.error)
        else {
          candidate.state = 'prepared'
          candidate.speed = message.samplesPerSecond
        }
        if (run.phase === 'preparing') this.tendPreparing(run, record)
        break
      }
      case 'ready':
        if (run.phase !== 'starting' || message.membership !== run.membership || !run.isMember(from)) break
        if (message.error !== '') {
          this.query(run, `${from}: ${message.error}`, [from])
          break
        }
        run.ready.add(from)
        if (run.ready.size === run.members.length) this.nextRound(run, record)
        break
      case 'roundDone':
        this.onRoundDone(run, record, from, message)
        break
      case 'trouble':
        this.onTrouble(run, record, from, message)
        break
      case 'status':
        this.onStatus(run, record, from, message)
        break
      case 'evaluated':
        this.onEvaluated(run, record, from, message)
        break
      default:
        break // commands come from coordinators, not to them
    }
  }

  private onBid(run: Run, record: JobRecord, from: string, bid: JobMessageOf<'bid'>): void {
    if (run.isBarred(from, this.now) || run.involved().includes(from)) return
    if (bid.refusal !== '') {
      run.refusals.set(from, bid.refusal)
      return
    }
    run.refusals.delete(from)
    if (run.phase === 'offering') {
      run.bids.set(from, { speed: bid.speed })
      this.tendOffer(run, record)
      return
    }
    const need = this.need(record)
    const busy = this.busySlots(run).get(from) ?? 0
    const view = this.peers.get(from)
    if (view === undefined || !fits(view, need, busy).fits) return
    if (run.involved().length >= Math.min(need.maxPeers, need.batchSize)) return
    this.prepare(run, from, Math.ceil(need.batchSize / (run.involved().length + 1)))
  }

  private absent(run: Run, present: ReadonlySet<string>): string[] {
    return run.members.map((member) => member.peerId).filter((peer) => !present.has(peer))
  }

  private stopAll(run: Run, reason: string): void {
    for (const peer of run.involved()) this.send(peer, run, { type: 'stop', reason })
  }

  private sendMembers(run: Run, message: JobMessage): void {
    for (const { peerId } of run.members) this.send(peerId, run, message)
  }

  private send(to: string, run: Run, message: JobMessage): void {
    this.out.messages.push({ to, jobId: run.jobId, attempt: run.attempt, message })
  }

  private propose(command: JobCommand): void {
    this.out.proposals.push(command)
  }
}
