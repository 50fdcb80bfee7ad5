/**
 * Contributing for real: the controller decides (`contribution/`), this carries it out on the tab's compute and peer, and
 * tells pages what is so.
 */
import type { Clock } from '../../protocol/clock.ts'
import type { CyxEvent } from '../../protocol/events/types.ts'
import { isTerminal } from '../../protocol/jobs/record.ts'
import { browserFacts, isPhone, type TabCompute, webgpuProblem } from '../compute/index.ts'
import { browserEnvironment, ContributionController, type Decision, type Environment } from '../contribution/index.ts'
import type { TabPeer } from '../peer/tab-peer.ts'
import { type Readable, Store } from '../state/store.ts'
import { type PageStore, persistStorage, storageEstimate } from '../store/index.ts'
import { DayCounter } from './contribution-totals.ts'
import type { LiveLog } from './live-log.ts'
import type { Settings } from './settings.ts'
import type { ConnectionState, ContributionState, Preflight } from './types.ts'

const REFRESH_EVERY_MS = 300

export interface LiveContributionInit {
  readonly settings: Readable<Settings>
  readonly contributions: PageStore['contributions']
  readonly compute: TabCompute
  readonly clock: Clock
  readonly log: LiveLog
  readonly viewer: Readable<boolean>
  readonly connection: () => Readable<ConnectionState>
}

export class LiveContribution {
  readonly state: Store<ContributionState>
  readonly compute: TabCompute
  private readonly init: LiveContributionInit
  private readonly environment: Environment = browserEnvironment()
  private readonly controller: ContributionController
  private readonly totals: DayCounter
  private tab: TabPeer | null = null
  /** The mesh its owner agreed to give to; '' = the one joined next; null = nothing was agreed. */
  private agreedMesh: string | null = null
  private stopJobs: (() => void) | null = null

  constructor(init: LiveContributionInit) {
    this.init = init
    this.compute = init.compute
    this.totals = new DayCounter(
      init.contributions,
      () => init.compute.gpuSeconds,
      (error) => init.log.add('warn', 'store', error.message),
    )
    const facts = browserFacts()
    this.controller = new ContributionController({
      settings: init.settings,
      environment: this.environment,
      clock: init.clock,
      facts: { phone: isPhone(facts), webgpuProblem: webgpuProblem(facts) },
      effects: {
        setDevice: (on) => (on ? this.compute.enable() : this.compute.disable()),
        setSlots: (slots) => this.compute.setOpen(slots === 1),
        setDuty: (dutyPercent) => this.compute.setLimits({ dutyPercent }),
        leaveJobs: async (when) => this.tab?.peer.jobs.withdraw(when),
        changed: (decision) => this.onDecision(decision),
        woke: () => init.log.add('info', 'page', 'this computer slept, or the page was frozen; reconnecting'),
        report: (error) => init.log.add('error', 'compute', (error as Error).message),
      },
    })
    this.state = new Store(this.stateOf(this.controller.decision))
    init.settings.subscribe(() => this.compute.setLimits({ memoryLimitBytes: init.settings.value.memoryLimitBytes }))
    init.viewer.subscribe(() => this.controller.update({ otherTab: init.viewer.value }))
    this.compute.onChange(() => {
      this.controller.update({ deviceTrouble: this.compute.trouble?.message ?? null })
      this.tab?.peer.presence.changed()
    })
    this.controller.start()
    setInterval(() => this.refresh(), REFRESH_EVERY_MS)
  }

  /** What presence tells the mesh. */
  get visible(): boolean {
    return this.environment.visible
  }

  joined(tab: TabPeer): void {
    this.tab = tab
    this.totals.forget()
    this.stopJobs = tab.peer.jobs.onChange(() => this.refresh())
    this.refresh()
  }

  left(): void {
    this.stopJobs?.()
    this.stopJobs = null
    this.tab = null
    void this.totals.save()
    this.refresh()
  }

  event(event: CyxEvent): void {
    if (this.tab !== null) this.totals.event(event, { peerId: this.tab.peer.id, registry: this.tab.peer.jobs.registry })
  }

  storageFull(full: boolean): void {
    this.controller.update({ storageFull: full })
  }

  // ---- verbs ----

  /** Consent names a mesh: going to another one ends it before anybody there can offer a job. */
  goingTo(mesh: string): void {
    if (this.agreedMesh === '') this.agreedMesh = mesh
    if (this.agreedMesh === null || this.agreedMesh === mesh) return
    this.agreedMesh = null
    this.controller.off()
    this.refresh()
  }

  async preflight(): Promise<Preflight> {
    const facts = browserFacts()
    const { usedBytes, quotaBytes } = await storageEstimate()
    const base = { phone: isPhone(facts), storageQuotaBytes: quotaBytes, storageUsedBytes: usedBytes, f16: false, device: null, memory: null }
    const problem = webgpuProblem(facts)
    // A phone watches only: its GPU is not even opened.
    if (problem !== null || base.phone) return { ...base, webgpu: problem === null, problem }
    try {
      const { device, memory } = await this.compute.probe()
      return { ...base, webgpu: true, problem: null, device, memory, f16: device.features.includes('shader-f16') }
    } catch (error) {
      return { ...base, webgpu: false, problem: (error as Error).message }
    }
  }

  async contribute(): Promise<void> {
    this.agreedMesh = this.init.connection().value.mesh ?? ''
    // Asked from a click, where browsers are most willing.
    void persistStorage()
    await this.controller.contribute()
    this.refresh()
  }

  async pause(forMs?: number): Promise<void> {
    this.controller.pause(forMs)
    this.refresh()
  }

  async resume(): Promise<void> {
    this.controller.resume()
    this.refresh()
  }

  async finishRound(): Promise<void> {
    this.controller.finishRound()
    this.refresh()
  }

  async flush(): Promise<void> {
    await this.totals.save()
  }

  // ---- what is so ----

  private refresh(): void {
    const { tab } = this
    const connected = this.init.connection().value.phase === 'connected'
    const jobs = tab === null ? [] : tab.peer.jobs.training.map(({ jobId }) => ({ jobId, name: tab.peer.jobs.registry.get(jobId)?.name ?? jobId }))
    const facts = {
      connected,
      peers: tab === null ? 0 : tab.peer.presence.list().length - 1,
      jobs: jobs.map(({ name }) => ({ name })),
      memoryShort: this.memoryShort(),
    }
    const text = JSON.stringify(facts)
    if (text !== this.lastFacts) {
      this.lastFacts = text
      this.controller.update(facts)
    }
    this.publish(this.controller.decision)
  }

  private lastFacts = ''

  /** Jobs wait, and none of them fits into what this tab may take. */
  private memoryShort(): boolean {
    const { tab, compute } = this
    if (tab === null || compute.device === null) return false
    const { registry } = tab.peer.jobs
    const waiting = registry
      .list()
      .filter((record) => !isTerminal(record) && record.state !== 'paused' && !record.members.some(({ peerId }) => peerId === tab.peer.id))
    const { limitBytes } = compute.memory()
    return waiting.length > 0 && waiting.every((record) => compute.estimateBytes(registry.spec(record.jobId)) > limitBytes)
  }

  private onDecision(decision: Decision): void {
    this.publish(decision)
    this.tab?.peer.presence.changed()
  }

  private publish(decision: Decision): void {
    const next = this.stateOf(decision)
    if (JSON.stringify(next) !== JSON.stringify(this.state.value)) this.state.set(next)
  }

  private stateOf({ phase, reason, status, pausedUntilMs }: Decision): ContributionState {
    const { tab, compute } = this
    const on = compute.device !== null
    return {
      phase,
      reason,
      status,
      pausedUntilMs,
      jobs:
        tab === null
          ? []
          : tab.peer.jobs.training.flatMap(({ jobId }) => {
              const record = tab.peer.jobs.registry.get(jobId)
              if (record === undefined) return []
              const { name, submitter, totalSteps, step } = record
              return [{ jobId, name, submitter, totalSteps, step: Math.max(step, tab.peer.jobs.watchers.lastProgress(jobId)?.step ?? 0) }]
            }),
      device: compute.device,
      memory: on ? compute.memory() : null,
      measuredDutyPercent: Math.round(compute.measuredDutyPercent),
      today: this.totals.today,
    }
  }
}
