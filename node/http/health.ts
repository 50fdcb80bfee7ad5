/**
 * Is this peer of use? What a load balancer or an operator asks: 503 with the reason while it is not.
 */
import type { CoordinatorInfo } from '../../protocol/control/types.ts'

/** Electing takes a second, a recovery `--recovery-timeout`; this much more is trouble. */
const COORDINATOR_GRACE_MS = 15_000

export interface HealthOptions {
  readonly version: string
  readonly recoveryTimeoutMs: number
}

export interface HealthSources {
  readonly coordinator: () => CoordinatorInfo
  /** Throws what is wrong with the store. */
  readonly checkStore: () => void
  /** Milliseconds, monotonic. */
  readonly now: () => number
}

export interface HealthCheck {
  readonly ok: boolean
  /** What is wrong. */
  readonly reason?: string
}

export interface HealthReport {
  readonly healthy: boolean
  readonly body: {
    readonly status: 'ok' | 'failing'
    readonly version: string
    readonly uptimeSeconds: number
    readonly checks: Readonly<Record<'coordinator' | 'store' | 'peer', HealthCheck>>
  }
}

export class Health {
  private readonly options: HealthOptions
  private readonly sources: HealthSources
  private readonly startedAtMs: number
  /** A coordinator was followed then; asked every second, because nobody may look for days. */
  private followedAtMs: number
  private readonly timer: NodeJS.Timeout
  private fatal: string | null = null

  constructor(options: HealthOptions, sources: HealthSources) {
    this.options = options
    this.sources = sources
    this.startedAtMs = sources.now()
    this.followedAtMs = this.startedAtMs
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref()
  }

  stop(): void {
    clearInterval(this.timer)
  }

  /** The peer cannot go on. */
  fail(error: Error): void {
    this.fatal ??= error.message
  }

  report(): HealthReport {
    const checks = { peer: this.peer(), coordinator: this.coordinator(), store: this.store() }
    const healthy = Object.values(checks).every(({ ok }) => ok)
    const uptimeSeconds = Math.round((this.sources.now() - this.startedAtMs) / 1000)
    return { healthy, body: { status: healthy ? 'ok' : 'failing', version: this.options.version, uptimeSeconds, checks } }
  }

  private look(): boolean {
    const followed = this.sources.coordinator().peerId !== null
    if (followed) this.followedAtMs = this.sources.now()
    return followed
  }

  private coordinator(): HealthCheck {
    if (this.look()) return { ok: true }
    const withoutMs = this.sources.now() - this.followedAtMs
    if (withoutMs <= this.options.recoveryTimeoutMs + COORDINATOR_GRACE_MS) return { ok: true }
    return { ok: false, reason: `no coordinator for ${Math.round(withoutMs / 1000)} s: too few voters are reachable` }
  }

  private store(): HealthCheck {
    try {
      this.sources.checkStore()
      return { ok: true }
    } catch (error) {
      return { ok: false, reason: (error as Error).message }
    }
  }

  private peer(): HealthCheck {
    return this.fatal === null ? { ok: true } : { ok: false, reason: this.fatal }
  }
}

const LOOK_EVERY_MS = 1000
