/**
 * What one step of the core brings about, gathered while it runs.
 */
import type { PersistRequest, RaftEffect, RaftMessage, RaftOutput } from './types.ts'

export class Output implements RaftOutput {
  readonly persist: PersistRequest[] = []
  readonly messages: { to: string; message: RaftMessage }[] = []
  readonly effects: RaftEffect[] = []

  /** One request for the whole step, so that a crash leaves all of it or nothing. */
  save(request: PersistRequest): void {
    const before = this.persist[0]
    if (before === undefined) {
      this.persist.push(request)
      return
    }
    const { truncateFrom = Infinity } = request
    const cut = Math.min(before.truncateFrom ?? Infinity, truncateFrom)
    const append = [...(before.append ?? []).filter((entry) => entry.index < truncateFrom), ...(request.append ?? [])]
    const hard = request.hard ?? before.hard
    const snapshot = request.snapshot === undefined ? before.snapshot : request.snapshot
    this.persist[0] = {
      ...(hard === undefined ? {} : { hard }),
      ...(snapshot === undefined ? {} : { snapshot }),
      ...(cut === Infinity ? {} : { truncateFrom: cut }),
      ...(append.length === 0 ? {} : { append }),
    }
  }

  send(to: string, message: RaftMessage): void {
    this.messages.push({ to, message })
  }
}
