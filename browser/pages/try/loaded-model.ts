/**
 * The model behind the page: fetching its weights (from the mesh, or a file), handing them to the Worker, asking it. One
 * small state that the page shows; everything ends with the page.
 */
import type { ReactiveController, ReactiveControllerHost } from 'lit'
import type { JobSpec } from '../../../protocol/jobs/spec.ts'
import { type Answer, answerOf } from '../../model/answers.ts'
import type { Loaded } from '../../model/host.ts'
import { triedJob } from '../../model/kind.ts'
import { ModelRunner, startModelWorker } from '../../model/runner.ts'
import type { Session } from '../../session/types.ts'

export type ModelState =
  | { readonly phase: 'none' }
  | { readonly phase: 'fetching'; readonly fraction: number }
  | { readonly phase: 'loading' }
  | { readonly phase: 'ready'; readonly loaded: Loaded; readonly source: string }
  | { readonly phase: 'failed'; readonly error: string }

export class LoadedModel implements ReactiveController {
  readonly #host: ReactiveControllerHost
  #runner: ModelRunner | null = null
  #abort: AbortController | null = null
  #spec: JobSpec | null = null
  /** Counts what was asked and forgotten: only the answer to the newest is shown. */
  #question = 0
  state: ModelState = { phase: 'none' }
  weights: Uint8Array | null = null
  answer: Answer | null = null
  milliseconds: number | null = null
  /** Of the last question. */
  problem: string | null = null

  constructor(host: ReactiveControllerHost) {
    this.#host = host
    host.addController(this)
  }

  hostDisconnected(): void {
    this.close()
  }

  /** The finished job's own weights. */
  async fetch(session: Session, jobId: string, spec: JobSpec): Promise<void> {
    const abort = this.#begin({ phase: 'fetching', fraction: 0 })
    try {
      const weights = await session.weights(jobId, {
        signal: abort.signal,
        onProgress: (fraction) => {
          if (this.#abort === abort) this.#set({ phase: 'fetching', fraction: Math.min(1, Math.max(0, fraction)) })
        },
      })
      await this.#load(abort, spec, weights, `weights of “${spec.name}”`)
    } catch (cause) {
      this.#fail(abort, abort.signal.aborted ? 'The download was cancelled.' : `The weights could not be fetched: ${text(cause)}`)
    }
  }

  /** A safetensors file; errors name the tensor that does not fit. */
  async open(file: File, spec: JobSpec): Promise<void> {
    const abort = this.#begin({ phase: 'loading' })
    try {
      await this.#load(abort, spec, new Uint8Array(await file.arrayBuffer()), file.name)
    } catch (cause) {
      this.#fail(abort, text(cause))
    }
  }

  cancel(): void {
    this.#abort?.abort()
  }

  /** Answers to questions that were forgotten or followed by another are dropped. */
  async ask(x: Float32Array): Promise<void> {
    const spec = this.#spec
    const runner = this.#runner
    if (runner === null || spec === null || this.state.phase !== 'ready') return
    const question = ++this.#question
    try {
      const output = await runner.predict(x)
      if (output === null || question !== this.#question) return
      this.answer = answerOf(triedJob(spec), output.output)
      this.milliseconds = output.milliseconds
      this.problem = null
    } catch (cause) {
      if (question !== this.#question) return
      this.answer = null
      this.problem = text(cause)
    }
    this.#host.requestUpdate()
  }

  forget(): void {
    this.#question++
    this.problem = null
    this.answer = null
    this.milliseconds = null
    this.#host.requestUpdate()
  }

  close(): void {
    this.#abort?.abort()
    this.#abort = null
    const runner = this.#runner
    this.#runner = null
    this.#question++
    void runner?.close()
    this.state = { phase: 'none' }
    this.weights = null
    this.answer = null
    this.#spec = null
  }

  async #load(abort: AbortController, spec: JobSpec, weights: Uint8Array, source: string): Promise<void> {
    if (this.#abort !== abort) return
    this.#set({ phase: 'loading' })
    const runner = this.#runner ?? new ModelRunner(startModelWorker())
    this.#runner = runner
    try {
      const loaded = await runner.load(spec.model, weights, source)
      if (this.#abort !== abort) return
      this.weights = weights
      this.#spec = spec
      this.#set({ phase: 'ready', loaded, source })
    } catch (cause) {
      this.#fail(abort, text(cause))
    }
  }

  #begin(state: ModelState): AbortController {
    this.#abort?.abort()
    this.#abort = new AbortController()
    this.#question++
    this.answer = null
    this.problem = null
    this.#set(state)
    return this.#abort
  }

  #fail(abort: AbortController, error: string): void {
    if (this.#abort === abort) this.#set({ phase: 'failed', error })
  }

  #set(state: ModelState): void {
    this.state = state
    this.#host.requestUpdate()
  }
}

const text = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
