/**
 * What a peer does with jobs while it coordinates: drives `JobManager`, proposes what it decides, sends and gossips what it
 * says.
 */
import type { Logger } from '@libp2p/interface'
import type { Clock } from '../clock.ts'
import type { Coordinator } from '../coordinator/service.ts'
import type { Fence } from '../coordinator/types.ts'
import type { PresenceService } from '../presence/service.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { type JobNeed, viewOf } from './capacity.ts'
import { encodeCommand } from './commands.ts'
import { JobManager, type ManagerInput } from './manager.ts'
import type { JobEnvelope, JobMessage, Offer } from './messages.ts'
import type { Registry } from './registry.ts'
import type { JobSpec } from './spec.ts'

/** The peer that serves a page, and with it what sizes are reckoned with, may be away for the moment. */
const SIZES_RETRY_MS = 5000

export interface CoordinatingComponents {
  readonly registry: Registry
  readonly clock: Clock
  readonly log: Logger
  readonly needOf: (spec: JobSpec) => JobNeed
  /** Resolves when `needOf` may be asked; null: at any time. */
  readonly loadSizes: () => Promise<void> | null
  readonly coordinator: () => Pick<Coordinator, 'leads' | 'fence' | 'propose'>
  readonly presence: () => Pick<PresenceService, 'available'>
  readonly deliver: (to: string, envelope: JobEnvelope) => void
  readonly publish: (offer: Offer) => void
}

export class Coordinating {
  private readonly components: CoordinatingComponents
  private manager: JobManager | null = null
  /** What was begun in an earlier one is not gone on with. */
  private turn = 0

  constructor(components: CoordinatingComponents) {
    this.components = components
  }

  /**
   * From now on this peer coordinates, with nothing in mind of what was before. Jobs are placed by their sizes: where these
   * cannot be had, jobs wait, and it is tried again.
   */
  begin(): void {
    this.end()
    const { registry, needOf, loadSizes, clock, log } = this.components
    const { turn } = this
    const begin = (): void => {
      if (turn === this.turn) this.manager = new JobManager({ registry, needOf })
    }
    const loading = loadSizes()
    if (loading === null) begin()
    else {
      void loading.then(begin, (error: Error) => {
        log('this peer coordinates, and cannot tell yet what jobs take: %s', error.message)
        clock.after(SIZES_RETRY_MS, () => {
          if (turn === this.turn) this.begin()
        })
      })
    }
  }

  end(): void {
    this.turn += 1
    this.manager = null
  }

  /** Null where this peer does not coordinate. */
  waitingReason(jobId: string): string | null {
    return this.manager?.waitingReason(jobId) ?? null
  }

  phaseOf(jobId: string): string | null {
    return this.manager?.phaseOf(jobId) ?? null
  }

  tick(): void {
    if (this.manager !== null) this.drive({ type: 'tick', peers: this.components.presence().available().map(viewOf) })
  }

  drive(input: ManagerInput): void {
    const { clock, log, deliver } = this.components
    const coordinator = this.components.coordinator()
    if (this.manager === null || !coordinator.leads) return
    const output = this.manager.step(input, clock.now(), clock.wall())
    for (const command of output.proposals) {
      void coordinator.propose(encodeCommand(command)).catch((error: Error) => log('proposal %s failed: %s', command.type, error.message))
    }
    const { fence } = coordinator
    for (const { to, jobId, attempt, message } of output.messages) deliver(to, { jobId, attempt, fence, message: this.filled(jobId, message) })
    for (const { jobId, attempt } of output.offers) this.offer(jobId, attempt, fence)
  }

  /** The manager knows no bytes: the signed spec is put in here. */
  private filled(jobId: string, message: JobMessage): JobMessage {
    if (message.type !== 'prepare') return message
    const record = this.components.registry.get(jobId)
    return record === undefined ? message : { ...message, signedSpec: base64ToBytes(record.signed) as Uint8Array<ArrayBuffer> }
  }

  private offer(jobId: string, attempt: number, fence: Fence): void {
    const { registry, needOf, publish } = this.components
    if (registry.get(jobId) !== undefined) publish({ fence, jobId, attempt, needBytes: needOf(registry.spec(jobId)).bytes })
  }
}
