/**
 * Events for people: what happened as lines on stdout, progress as a bar on stderr where that is a terminal, else as a
 * line every few seconds (a log file must not fill with carriage returns).
 */
import { MultiBar, Presets, type SingleBar } from 'cli-progress'
import pc from 'picocolors'
import type { CyxEvent, JobProgressEvent, JobResultEvent, JobStateEvent } from '../../protocol/events/types.ts'
import { duration, formatBytes, printable, shortId } from './format.ts'
import type { EventSink, TextOutput } from './sink.ts'

/** Progress lines where there is no terminal. */
const LINE_EVERY_MS = 5_000
const LOSS_DIGITS = 4

export interface HumanSinkOptions {
  readonly stdout: TextOutput
  readonly stderr: NodeJS.WritableStream & { readonly isTTY?: boolean }
  readonly now?: () => number
}

export function humanSink({ stdout, stderr, now = () => performance.now() }: HumanSinkOptions): EventSink {
  return new HumanSink(stdout, stderr, now)
}

class HumanSink implements EventSink {
  readonly #stdout: TextOutput
  readonly #stderr: HumanSinkOptions['stderr']
  readonly #now: () => number
  readonly #bars = new Map<string, SingleBar>()
  readonly #printedMs = new Map<string, number>()
  readonly #names = new Map<string, string>()
  #multi: MultiBar | null = null

  constructor(stdout: TextOutput, stderr: HumanSinkOptions['stderr'], now: () => number) {
    this.#stdout = stdout
    this.#stderr = stderr
    this.#now = now
  }

  emit(event: CyxEvent): void {
    if (event.event === 'job.progress') this.#progress(event)
    else if (event.event === 'error') this.#line(this.#stderr, `${pc.red('error')}: ${printable(event.message)}`)
    else this.#line(this.#stdout, this.#text(event))
  }

  close(): void {
    this.#multi?.stop()
    this.#multi = null
    this.#bars.clear()
  }

  #text(event: Exclude<CyxEvent, JobProgressEvent | { event: 'error' }>): string {
    switch (event.event) {
      case 'peer.ready': {
        const device = event.device === null ? 'no GPU' : event.device.description
        const where = event.addresses.map((address) => `\n  ${address}`).join('')
        const http = event.http === undefined ? '' : `\n  dashboard ${event.http}`
        const print = event.httpsFingerprint === undefined ? '' : ` (certificate sha256 ${event.httpsFingerprint})`
        const https = event.https === undefined ? '' : `\n  dashboard ${event.https}${print}`
        return `${pc.green('ready')} ${shortId(event.peerId)} in mesh "${event.mesh}" with ${device}${http}${https}${where}`
      }
      case 'coordinator.elected':
        return `${pc.cyan('coordinator')} ${shortId(event.peerId)} (epoch ${event.epoch}, term ${event.term})`
      case 'peer.joined':
        return `${pc.green('joined')} ${shortId(event.peerId)}`
      case 'peer.left':
        return `${pc.yellow('left')} ${shortId(event.peerId)}`
      case 'job.state':
        return this.#state(event)
      case 'job.round': {
        const members = `${event.members.length} ${event.members.length === 1 ? 'peer' : 'peers'}`
        const outcome = event.committed
          ? `${members}, ${event.seconds.toFixed(1)} s, ${formatBytes(event.bytes)}`
          : pc.yellow(printable(event.reason ?? 'failed'))
        return `${pc.dim(`round ${event.round} of ${this.#name(event.jobId)}: ${outcome}`)}`
      }
      case 'job.result':
        return this.#result(event)
    }
  }

  #state({ jobId, name: given, state, attempt, reason }: JobStateEvent): string {
    const name = printable(given)
    this.#names.set(jobId, name)
    if (state === 'completed' || state === 'failed' || state === 'cancelled') this.#endBar(jobId)
    const colour = state === 'failed' ? pc.red : state === 'completed' ? pc.green : state === 'cancelled' || state === 'paused' ? pc.yellow : pc.cyan
    const retry = attempt > 1 ? ` (attempt ${attempt})` : ''
    return `${colour(state)} ${name}${retry}${reason === undefined ? '' : `: ${printable(reason)}`}`
  }

  #result(event: JobResultEvent): string {
    this.#endBar(event.jobId)
    const figures = [
      `${event.steps} steps, ${event.samples} samples in ${duration(event.seconds)}`,
      `loss ${event.trainLoss.toFixed(LOSS_DIGITS)}`,
      ...(event.skippedSteps ? [`${event.skippedSteps} steps left out`] : []),
      ...(event.testLoss === undefined ? [] : [`test loss ${event.testLoss.toFixed(LOSS_DIGITS)}`]),
      ...(event.testAccuracy === undefined ? [] : [pc.bold(`accuracy ${event.testAccuracy.toFixed(LOSS_DIGITS)}`)]),
    ]
    return `${figures.join(', ')}\nweights ${event.weights.path ?? event.weights.sha256}`
  }

  #progress(event: JobProgressEvent): void {
    const total = event.totalSteps ?? 0
    const figures = `loss ${event.loss.toFixed(LOSS_DIGITS)}${event.accuracy === undefined ? '' : `  accuracy ${event.accuracy.toFixed(3)}`}  ${Math.round(event.samplesPerSecond)} samples/s${event.peers > 1 ? `  ${event.peers} peers` : ''}${event.skippedSteps ? `  ${event.skippedSteps} steps left out` : ''}`
    if (this.#stderr.isTTY && total > 0) {
      this.#bar(event.jobId, total).update(event.step, { name: this.#name(event.jobId), figures })
      return
    }
    const lastMs = this.#printedMs.get(event.jobId) ?? Number.NEGATIVE_INFINITY
    if (this.#now() - lastMs < LINE_EVERY_MS && event.step !== total) return
    this.#printedMs.set(event.jobId, this.#now())
    this.#line(this.#stderr, `${this.#name(event.jobId)} step ${event.step}${total > 0 ? ` of ${total}` : ''}  ${figures}`)
  }

  #bar(jobId: string, total: number): SingleBar {
    const found = this.#bars.get(jobId)
    if (found !== undefined) return found
    this.#multi ??= new MultiBar(
      { stream: this.#stderr, format: '{name} {bar} {value}/{total}  {figures}  {eta_formatted} left', hideCursor: true, clearOnComplete: true, barsize: 24 },
      Presets.shades_classic,
    )
    const bar = this.#multi.create(total, 0, { name: this.#name(jobId), figures: '' })
    this.#bars.set(jobId, bar)
    return bar
  }

  #endBar(jobId: string): void {
    const bar = this.#bars.get(jobId)
    if (bar === undefined) return
    this.#bars.delete(jobId)
    this.#multi?.remove(bar)
    // Bars that stay would be drawn over what is printed next.
    if (this.#bars.size === 0) this.close()
  }

  #line(output: TextOutput, text: string): void {
    // Above the bars, which redraw themselves below it.
    if (this.#multi !== null && this.#bars.size > 0) this.#multi.log(`${text}\n`)
    else output.write(`${text}\n`)
  }

  #name(jobId: string): string {
    return this.#names.get(jobId) ?? shortId(jobId)
  }
}
