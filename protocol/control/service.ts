/**
 * Answers people's requests, from a local socket (trusted: may use this peer's key) or from other peers (everything that
 * changes something must carry its author's signature). What needs the coordinator is passed on to it, and tried again
 * while an election is under way.
 */
import type { PrivateKey } from '@libp2p/interface'
import { peerIdFromPrivateKey } from '@libp2p/peer-id'
import type { Clock } from '../clock.ts'
import type { Content } from '../content/service.ts'
import { CoordinatorError } from '../coordinator/errors.ts'
import type { Coordinator } from '../coordinator/service.ts'
import type { CyxEvent, JobProgressEvent } from '../events/types.ts'
import { checkAction, checkSubmission, findJob, type JobAction } from '../jobs/actions.ts'
import { type JobNeed, viewOf } from '../jobs/capacity.ts'
import { encodeCommand, type JobCommand } from '../jobs/commands.ts'
import { JobError } from '../jobs/errors.ts'
import { importedRecords } from '../jobs/imported.ts'
import type { JobRecord } from '../jobs/record.ts'
import type { Jobs } from '../jobs/service.ts'
import { type JobSpec, parseJobSpec } from '../jobs/spec.ts'
import { protocolId } from '../mesh/names.ts'
import { ask, type RequestComponents, type RequestProtocol, serve } from '../mesh/requests.ts'
import type { PresenceService } from '../presence/service.ts'
import type { BlobStore } from '../store.ts'
import { bytesToBase64 } from '../wire/base64.ts'
import { MAX_CONTROL_BYTES } from '../wire/constants.ts'
import { WireError } from '../wire/errors.ts'
import { sign } from '../wire/signed.ts'
import { ControlError } from './errors.ts'
import { base64, codeOf, number, type Params, paramsOf, text } from './params.ts'
import { ControlReply, ControlRequest } from './pb/control.ts'
import { refusalOf } from './refusals.ts'
import type { Freshness } from './types.ts'
import { jobDetail, jobSummary, peerList, receiptList } from './views.ts'
import { type AskProgress, watchJob } from './watching.ts'

/** A submitter waits this long for a coordinator: an election and a recovery of one lost voter fit in. */
const COORDINATOR_TIMEOUT_MS = 15_000
const RETRY_EVERY_MS = 150
const FORWARD_TIMEOUT_MS = 5000
const MAX_READ_BYTES = 512 * 1024

export interface ControlInit {
  readonly mesh: string
  /** Takes a file of this machine into the blob store; absent where there are no files. */
  readonly putFile?: (path: string) => Promise<string>
}

export interface ControlComponents extends RequestComponents {
  readonly privateKey: PrivateKey
  readonly clock: Clock
  readonly jobs: Jobs
  readonly presence: PresenceService
  readonly coordinator: Coordinator
  readonly content: Content
  readonly blobs: BlobStore
  /** What a job needs on a peer; throws for a model that cannot be. */
  readonly needOf: (spec: JobSpec) => JobNeed
  /** Resolves when `needOf` may be asked; null: at any time. */
  readonly loadSizes: () => Promise<void> | null
}

export type Origin = 'local' | 'remote'

/** Requests that may ask for a current answer. */
const CURRENT: ReadonlySet<string> = new Set(['jobs', 'job', 'coordinator', 'receipts'])

export class Control {
  private readonly init: ControlInit
  private readonly components: ControlComponents
  private readonly kind: RequestProtocol<ControlRequest, ControlReply>

  constructor(init: ControlInit, components: ControlComponents) {
    this.init = init
    this.components = components
    this.kind = controlProtocol(init.mesh)
  }

  async start(): Promise<void> {
    await serve(this.components, this.kind, (request, from, signal) => this.serveRemote(request, from, signal))
  }

  async stop(): Promise<void> {
    await this.components.libp2p.unhandle(this.kind.protocol)
  }

  /** Yields the answers of one request; throws `ControlError` and the errors of jobs and specs. */
  async *handle(method: string, sent: unknown, origin: Origin, signal: AbortSignal): AsyncGenerator<unknown> {
    const params = paramsOf(sent)
    const { jobs, presence, coordinator, blobs } = this.components
    if (params.current === true && CURRENT.has(method)) {
      yield await this.current(method, params, origin, signal)
      return
    }
    switch (method) {
      case 'submit':
        yield await this.submit(params, origin, signal)
        return
      case 'action':
        yield await this.action(params, origin, signal)
        return
      case 'jobs':
        yield jobs.registry.list().map((record) => ({ ...jobSummary(record, jobs.waitingReason(record.jobId)), ...this.freshness() }))
        return
      case 'job':
        yield await this.job(text(params, 'jobId'), origin, signal)
        return
      case 'peers':
        yield peerList(presence.list(), coordinator.status()).map((peer) => ({ ...peer, heardAt: this.wallOf(presence.heardAt(peer.peerId)) }))
        return
      case 'coordinator':
        yield { ...coordinator.status(), ...this.freshness() }
        return
      case 'receipts':
        yield receiptList(params.jobId === undefined ? jobs.registry.list() : [findJob(jobs.registry, text(params, 'jobId'))])
        return
      case 'progress':
        yield jobs.watchers.lastProgress(text(params, 'jobId'))
        return
      case 'history':
        yield jobs.history.of(text(params, 'jobId'))
        return
      case 'watch':
        yield* this.watch(text(params, 'jobId'), signal)
        return
      case 'weights':
        yield await this.weights(text(params, 'jobId'), signal)
        return
      case 'read': {
        const length = Math.min(number(params, 'length'), MAX_READ_BYTES)
        yield { base64: bytesToBase64(await blobs.read(text(params, 'sha256'), number(params, 'offset'), length)) }
        return
      }
      case 'put':
        yield await this.put(params, origin)
        return
      case 'import':
        yield await this.import(params)
        return
      default:
        throw new ControlError('UNKNOWN_METHOD', `unknown request ${JSON.stringify(method)}`)
    }
  }

  // ---- what changes something ----

  private async submit(params: Params, origin: Origin, signal: AbortSignal): Promise<{ jobId: string }> {
    let signed: Uint8Array
    if (params.signed !== undefined) signed = base64(params, 'signed')
    else if (origin === 'local') signed = await signSpec(this.components.privateKey, parseJobSpec(params.spec))
    else throw new WireError('BAD_SIGNATURE', 'a submission from another peer must be signed')
    return this.withCoordinator(
      async () => {
        const { jobs, presence, clock, needOf, loadSizes } = this.components
        await loadSizes()
        const { jobId, command } = await checkSubmission(signed, jobs.registry, presence.list().map(viewOf), needOf, clock.wall())
        if (command !== null) await this.commit(command)
        return { jobId }
      },
      { method: 'submit', params: { signed: bytesToBase64(signed) } },
      origin,
      signal,
    )
  }

  private async action(params: Params, origin: Origin, signal: AbortSignal): Promise<{ jobId: string }> {
    let signed: Uint8Array
    if (params.signed !== undefined) signed = base64(params, 'signed')
    else if (origin === 'local') {
      const record = findJob(this.components.jobs.registry, text(params, 'jobId'))
      signed = await signAction(this.components.privateKey, text(params, 'action') as JobAction, record)
    } else throw new WireError('BAD_SIGNATURE', 'an action from another peer must be signed')
    return this.withCoordinator(
      async () => {
        const { jobs, clock } = this.components
        const command = await checkAction(signed, jobs.registry, clock.wall())
        await this.commit(command)
        return { jobId: (command as { jobId: string }).jobId }
      },
      { method: 'action', params: { signed: bytesToBase64(signed) } },
      origin,
      signal,
    )
  }

  private async import(params: Params): Promise<{ taken: number }> {
    const { jobs, clock, coordinator, needOf, loadSizes } = this.components
    await loadSizes()
    const records = await importedRecords(params.records, needOf, (peer) => coordinator.knowsVoter(peer))
    await this.commit({ type: 'import', records, at: clock.wall() })
    return { taken: records.filter((record) => jobs.registry.get(record.jobId) !== undefined).length }
  }

  private async commit(command: JobCommand): Promise<void> {
    await this.components.coordinator.propose(encodeCommand(command))
  }

  /** Jobs that a line which lost had acknowledged, to the coordinator of the line that won. */
  async bringOrphans(signal: AbortSignal): Promise<void> {
    const { jobs } = this.components
    for (const record of jobs.orphaned) {
      const records = [record]
      try {
        await this.withCoordinator(() => this.import({ records }), { method: 'import', params: { records } }, 'local', signal)
      } catch (error) {
        // No line will ever take it, and it must not keep the others back.
        if (codeOf(error) !== 'FORGED_END') throw error
        this.components.log('job %s stays behind: %s', record.jobId, (error as Error).message)
      }
      jobs.imported(record)
    }
  }

  /** Here if this peer coordinates, else at whoever does; again while an election is under way. */
  private async withCoordinator<T>(here: () => Promise<T>, there: { method: string; params: Params }, origin: Origin, signal: AbortSignal): Promise<T> {
    const { coordinator, clock } = this.components
    const deadline = clock.now() + COORDINATOR_TIMEOUT_MS
    let last: Error = new JobError('NO_COORDINATOR', 'no coordinator is known: the mesh is electing one, or too few voters are left')
    while (clock.now() < deadline) {
      signal.throwIfAborted()
      try {
        if (coordinator.leads) return await here()
        const { leader } = coordinator
        // A peer that was asked as coordinator and is not one says so: passing on once is enough.
        if (origin === 'remote') throw new ControlError('NOT_LEADER', 'this peer does not coordinate')
        if (leader !== null && leader !== coordinator.self) return (await this.forward(leader, there, signal)) as T
      } catch (error) {
        const { code } = error as { code?: string }
        const passing = error instanceof CoordinatorError || code === 'NOT_LEADER' || code === 'LOST_LEADERSHIP' || code === 'UNREACHABLE'
        if (!passing || origin === 'remote') throw error
        last = error as Error
      }
      await new Promise<void>((resolve) => clock.after(RETRY_EVERY_MS, resolve))
    }
    throw new JobError('NO_COORDINATOR', `the coordinator could not be reached within ${COORDINATOR_TIMEOUT_MS / 1000} s: ${last.message}`)
  }

  private async forward(leader: string, { method, params }: { method: string; params: Params }, signal: AbortSignal): Promise<unknown> {
    const limited = AbortSignal.any([signal, AbortSignal.timeout(FORWARD_TIMEOUT_MS)])
    for await (const answer of askControl(this.components, this.init.mesh, leader, method, params, limited)) return answer
    throw new ControlError('UNREACHABLE', `${leader} gave no answer`)
  }

  // ---- what only reads ----

  private async job(id: string, origin: Origin, signal: AbortSignal): Promise<unknown> {
    const { jobs, coordinator } = this.components
    const { leader } = coordinator
    // Why a job waits is known to the coordinator; without it this peer still tells what was committed.
    if (origin === 'local' && leader !== null && leader !== coordinator.self) {
      try {
        return await this.forward(leader, { method: 'job', params: { jobId: id } }, signal)
      } catch (error) {
        if ((error as { code?: string }).code === 'NO_SUCH_JOB') throw new JobError('NO_SUCH_JOB', (error as Error).message)
        this.components.log('asking the coordinator about job %s: %s', id, (error as Error).message)
      }
    }
    const record = findJob(jobs.registry, id)
    return { ...jobDetail(record, jobs.waitingReason(record.jobId), jobs.phaseOf(record.jobId)), ...this.freshness() }
  }

  /** An answer of the coordinator that no other can have replaced before it was asked. */
  private current(method: string, params: Params, origin: Origin, signal: AbortSignal): Promise<unknown> {
    const here = async (): Promise<unknown> => {
      await this.components.coordinator.confirm()
      for await (const answer of this.handle(method, { ...params, current: false }, origin, signal)) return answer
      throw new ControlError('UNREACHABLE', `no answer to ${method}`)
    }
    return this.withCoordinator(here, { method, params }, origin, signal)
  }

  private freshness(): Freshness {
    const { currentAt } = this.components.coordinator
    return { asOf: currentAt === -Infinity ? null : this.wallOf(currentAt) }
  }

  /** A moment of this peer's monotonic clock, for people. */
  private wallOf(at: number): string {
    const { clock } = this.components
    return new Date(clock.wall() - (clock.now() - at)).toISOString()
  }

  private async *watch(id: string, signal: AbortSignal): AsyncGenerator<CyxEvent> {
    const askProgress: AskProgress = async (peer, jobId, limited) => {
      for await (const answer of askControl(this.components, this.init.mesh, peer, 'progress', { jobId }, limited)) return answer as JobProgressEvent | null
      return null
    }
    yield* watchJob(await this.known(id, signal), this.components.jobs, askProgress, signal)
  }

  /** A job that was just acknowledged may not be in this peer's copy yet. */
  private async known(id: string, signal: AbortSignal): Promise<JobRecord> {
    const { jobs, clock } = this.components
    const deadline = clock.now() + FORWARD_TIMEOUT_MS
    for (;;) {
      try {
        return findJob(jobs.registry, id)
      } catch (error) {
        if (clock.now() >= deadline || signal.aborted) throw error
        await new Promise<void>((resolve) => clock.after(RETRY_EVERY_MS / 3, resolve))
      }
    }
  }

  private async weights(id: string, signal: AbortSignal): Promise<{ sha256: string; bytes: number }> {
    const { jobs, content, coordinator } = this.components
    const record = findJob(jobs.registry, id)
    const weights = record.result?.weights
    if (weights === undefined) throw new JobError('NO_WEIGHTS', `job ${record.jobId} is ${record.state}: it has no weights yet`, record.jobId)
    const peers = [...new Set([...record.members.map((member) => member.peerId), ...jobs.connectedPeers()])].filter((peer) => peer !== coordinator.self)
    await content.fetch(weights.sha256, weights.bytes, peers, { signal })
    return { sha256: weights.sha256, bytes: weights.bytes }
  }

  private async put(params: Params, origin: Origin): Promise<{ sha256: string }> {
    if (origin !== 'local' || this.init.putFile === undefined)
      throw new ControlError('FORBIDDEN', 'files are taken only from this machine: submit through a peer that runs here (--data-dir)')
    const sha256 = await this.init.putFile(text(params, 'path'))
    if (sha256 !== params.sha256) throw new ControlError('BAD_REQUEST', `${text(params, 'path')} changed while it was being submitted`)
    return { sha256 }
  }

  private async *serveRemote(request: ControlRequest, from: string, signal: AbortSignal): AsyncGenerator<ControlReply> {
    const reply = (more: Partial<ControlReply>): ControlReply => ({ body: '', errorCode: '', errorMessage: '', done: false, ...more })
    try {
      const params = bodyOf(request)
      for await (const answer of this.handle(request.method, params, 'remote', signal)) yield reply({ body: JSON.stringify(answer) })
      yield reply({ done: true })
    } catch (error) {
      const refusal = refusalOf(error)
      if (refusal !== null) this.components.offences?.report(from, refusal)
      yield reply({ errorCode: codeOf(error), errorMessage: (error as Error).message, done: true })
    }
  }
}

function bodyOf({ body }: ControlRequest): unknown {
  try {
    return JSON.parse(body)
  } catch (cause) {
    throw new WireError('MALFORMED', 'a request that is not JSON', 'penalise', { cause })
  }
}

export function controlProtocol(mesh: string): RequestProtocol<ControlRequest, ControlReply> {
  return { protocol: protocolId(mesh, 'control'), request: ControlRequest, answer: ControlReply, maxBytes: MAX_CONTROL_BYTES }
}

/** Asks another peer; yields its answers, throws a `ControlError` with its code. */
export async function* askControl(
  components: RequestComponents,
  mesh: string,
  peer: Parameters<typeof ask>[2],
  method: string,
  params: Params,
  signal: AbortSignal,
): AsyncGenerator<unknown> {
  const request: ControlRequest = { method, body: JSON.stringify(params) }
  const replies = ask(components, controlProtocol(mesh), peer, request, signal)
  for (;;) {
    let next: IteratorResult<ControlReply>
    try {
      next = await replies.next()
    } catch (cause) {
      signal.throwIfAborted()
      const { name, message } = cause as Error
      // No handler for the protocol, whose id carries the mesh's name.
      const why = name === 'UnsupportedProtocolError' ? `is no peer of mesh "${mesh}" (another mesh, or another version)` : message
      throw new ControlError('UNREACHABLE', `${String(peer)}: ${why}`)
    }
    if (next.done) return
    const { body, errorCode, errorMessage, done } = next.value
    if (errorCode !== '') throw new ControlError(errorCode, errorMessage)
    if (body !== '') yield JSON.parse(body)
    if (done) return
  }
}

/** Whoever signs a spec is named in it: a copy under another signature is no rival of the original. */
export function signSpec(key: PrivateKey, spec: JobSpec): Promise<Uint8Array> {
  const submitter = peerIdFromPrivateKey(key).toString()
  return sign(key, 'cyxwiz/job/1', new TextEncoder().encode(JSON.stringify({ ...spec, submitter })))
}

export function signAction(key: PrivateKey, action: JobAction, { jobId, attempt }: Pick<JobRecord, 'jobId' | 'attempt'>): Promise<Uint8Array> {
  return sign(key, 'cyxwiz/action/1', new TextEncoder().encode(JSON.stringify({ action, jobId, attempt })))
}
