/**
 * Keeps the newest detail of one job: read once a second while somebody looks, never two questions at once, and the last
 * good answer stays while one fails, so that nothing flickers.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { JobDetail } from '../../../protocol/control/types.ts'
import type { Session } from '../../session/types.ts'

/** The live session tells the run's phase too. */
export type ShownDetail = JobDetail & { readonly phase?: string | null }

const INTERVAL_MS = 1000
/** A job that has ended changes no more, but may be removed. */
const ENDED_INTERVAL_MS = 5000
/** Also the time after which a session that does not answer is asked anew. */
const PATIENCE_MS = 10_000

interface LoaderHost extends ReactiveControllerHost {
  readonly session: Session
}

export class JobLoader implements ReactiveController {
  readonly #host: LoaderHost
  readonly #jobId: () => string
  readonly #onDetail: (detail: ShownDetail, before: ShownDetail | null) => void
  #abort: AbortController | null = null
  #timer: ReturnType<typeof setTimeout> | undefined
  #loaded = ''
  detail: ShownDetail | null = null
  error: string | null = null
  /** Milliseconds since 1970 of the last good answer. */
  readMs: number | null = null

  constructor(host: LoaderHost, jobId: () => string, onDetail: (detail: ShownDetail, before: ShownDetail | null) => void) {
    this.#host = host
    this.#jobId = jobId
    this.#onDetail = onDetail
    host.addController(this)
  }

  hostConnected(): void {
    document.addEventListener('visibilitychange', this.#onVisibility)
    this.again()
  }

  hostDisconnected(): void {
    document.removeEventListener('visibilitychange', this.#onVisibility)
    this.#stop()
  }

  hostUpdate(): void {
    if (this.#loaded !== this.#jobId()) this.again()
  }

  /** Reads now: after an action, or when another job is to be shown. */
  again(): void {
    this.#stop()
    const jobId = this.#jobId()
    if (this.#loaded !== jobId) {
      this.detail = null
      this.error = null
      this.readMs = null
      this.#loaded = jobId
    }
    if (jobId !== '' && document.visibilityState === 'visible') void this.#read(jobId)
  }

  readonly #onVisibility = (): void => this.again()

  #stop(): void {
    clearTimeout(this.#timer)
    this.#abort?.abort()
    this.#abort = null
  }

  async #read(jobId: string): Promise<void> {
    const abort = new AbortController()
    this.#abort = abort
    const impatient = setTimeout(() => abort.abort(new Error('the mesh did not answer in time')), PATIENCE_MS)
    try {
      const detail = await this.#host.session.job(jobId, abort.signal)
      if (this.#abort !== abort) return
      const before = this.detail
      this.detail = detail
      this.error = null
      this.readMs = Date.now()
      this.#onDetail(detail, before)
    } catch (cause) {
      if (this.#abort !== abort) return
      const reason: unknown = abort.signal.aborted ? abort.signal.reason : cause
      this.error = reason instanceof Error ? reason.message : String(reason)
    } finally {
      clearTimeout(impatient)
    }
    this.#abort = null
    this.#host.requestUpdate()
    const ended = this.detail?.result != null
    this.#timer = setTimeout(() => this.again(), ended ? ENDED_INTERVAL_MS : INTERVAL_MS)
  }
}
