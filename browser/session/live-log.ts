/**
 * What happened, for the log page: a bounded list that changes at most ten times a second, however much happens.
 */
import type { Logger } from '@libp2p/interface'
import type { CyxEvent } from '../../protocol/events/types.ts'
import { Store } from '../state/store.ts'
import type { LogEntry, LogLevel } from './types.ts'

const MAX_ENTRIES = 5000
const PUBLISH_EVERY_MS = 100

export class LiveLog {
  readonly entries = new Store<readonly LogEntry[]>([])
  private waiting: LogEntry[] = []
  private timer: ReturnType<typeof setTimeout> | null = null
  private readonly debug: () => boolean

  /** `debug`: whether somebody wants to see everything; libp2p's chatter is formatted only then. */
  constructor(debug: () => boolean) {
    this.debug = debug
  }

  add(level: LogLevel, source: string, text: string, about: { jobId?: string; peerId?: string } = {}): void {
    if (level === 'debug' && !this.debug()) return
    this.waiting.push({ timeMs: Date.now(), level, source, text, ...about })
    this.timer ??= setTimeout(() => this.publish(), PUBLISH_EVERY_MS)
  }

  /** What services of a peer log through: `%s`-style formats, errors kept. */
  logger(name: string): Logger {
    const source = name.replace(/^cyxwiz:/, '')
    const say = (level: LogLevel, format: unknown, args: unknown[]): void => this.add(level, source, formatted(format, args))
    const log = (format: unknown, ...args: unknown[]): void => {
      if (this.debug()) say('debug', format, args)
    }
    return Object.assign(log, {
      enabled: true,
      error: (format: unknown, ...args: unknown[]) => say('warn', format, args),
      trace: () => {},
      newScope: (scope: string) => this.logger(`${name}:${scope}`),
    }) as unknown as Logger
  }

  event(event: CyxEvent): void {
    switch (event.event) {
      case 'coordinator.elected':
        this.add('info', 'mesh', `follows coordinator ${short(event.peerId)} (epoch ${event.epoch}, term ${event.term})`, { peerId: event.peerId })
        break
      case 'peer.joined':
        this.add('info', 'mesh', `${short(event.peerId)} joined`, { peerId: event.peerId })
        break
      case 'peer.left':
        this.add('info', 'mesh', `${short(event.peerId)} left`, { peerId: event.peerId })
        break
      case 'job.state': {
        const level = event.state === 'failed' ? 'error' : 'info'
        const why = event.reason === undefined ? '' : `: ${event.reason}`
        this.add(level, 'job', `${event.name} is ${event.state} (attempt ${event.attempt})${why}`, { jobId: event.jobId })
        break
      }
      case 'job.round': {
        const { jobId, round, committed, members, seconds, reason } = event
        if (committed) this.add('debug', 'job', `round ${round} committed by ${members.length} in ${seconds.toFixed(2)} s`, { jobId })
        else this.add('warn', 'job', `round ${round} failed and is tried again: ${reason ?? 'unknown reason'}`, { jobId })
        break
      }
      case 'job.result': {
        const accuracy = event.testAccuracy === undefined ? '' : `, test accuracy ${event.testAccuracy.toFixed(4)}`
        this.add('info', 'job', `done after ${event.steps} steps${accuracy}`, { jobId: event.jobId })
        break
      }
      case 'error':
        this.add('error', 'job', `${event.code}: ${event.message}`, event.jobId === undefined ? {} : { jobId: event.jobId })
        break
      case 'job.progress':
      case 'peer.ready':
        break // plotted; shown
      default:
        event satisfies never
    }
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.timer = null
  }

  private publish(): void {
    this.timer = null
    const all = [...this.entries.value, ...this.waiting]
    this.waiting = []
    this.entries.set(all.length > MAX_ENTRIES ? all.slice(all.length - MAX_ENTRIES) : all)
  }
}

function short(peerId: string): string {
  return peerId.slice(-6)
}

function formatted(format: unknown, args: unknown[]): string {
  const rest = [...args]
  const text = typeof format === 'string' ? format.replace(/%[sdiopj]/g, () => words(rest.shift())) : words(format)
  return [text, ...rest.map(words)].join(' ')
}

function words(value: unknown): string {
  if (value instanceof Error) return value.message
  return String(value)
}
