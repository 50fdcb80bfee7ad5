/**
 * What the parts of the presence core share: this peer's view of the mesh, whom it follows, and the output of the step
 * that runs. Each part is a concept of its own (`roster`, `silence`, `heartbeats`, `digests`, `exchange`, `twins`);
 * `core.ts` hands inputs to them.
 */
import type { Fence } from '../coordinator/types.ts'
import * as C from './constants.ts'
import { hashOf, Members, mix } from './members.ts'
import { OwnRecord } from './own.ts'
import { Rates } from './rates.ts'
import { Routes } from './routes.ts'
import { Sync } from './sync.ts'
import type { Frame, Incarnation, PresenceEffect, PresenceOutput, PresenceRecord } from './types.ts'

export interface PresenceCoreInit {
  /** This peer's record as it is now. */
  readonly describe: () => PresenceRecord
  readonly incarnation: Incarnation
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly now: number
  /** Records kept of others. */
  readonly maxMembers?: number
}

export class View {
  readonly self: string
  readonly incarnation: Incarnation
  readonly random: () => number
  readonly members: Members
  readonly own: OwnRecord
  readonly routes: Routes
  readonly sync = new Sync()
  readonly rates = new Rates()
  /** Milliseconds this process was awake: the clock of everything here. */
  now = 0
  leader: string | null = null
  fence: Fence = { epoch: 0, epochId: '', term: 0 }
  /** Since when nobody tells this peer who lives, so that it must judge by what it hears itself; null: it is told. */
  directSince: number | null = 0
  leaving = false
  out: PresenceOutput = emptyOutput()

  constructor(init: PresenceCoreInit) {
    this.own = new OwnRecord(init.describe, init.incarnation)
    const { peerId, record } = this.own.announcement
    this.self = peerId
    this.incarnation = init.incarnation
    this.random = init.random
    this.members = new Members(init.maxMembers ?? C.MAX_MEMBERS)
    this.routes = new Routes({ self: this.self, random: init.random, cost: record.kind === 'native' ? 1 : C.TAB_DISTANCE })
  }

  get leads(): boolean {
    return this.leader === this.self
  }

  get direct(): boolean {
    return this.directSince !== null
  }

  /** Peers of the mesh, this one included. */
  get size(): number {
    return this.members.size + 1
  }

  /** Over everybody in the mesh, as this peer knows it. */
  sum(): number {
    return mix(this.members.sum, hashOf(this.own.announcement))
  }

  send(to: string, ...frames: Frame[]): void {
    for (const frame of frames) this.out.frames.push({ to, frame })
  }

  tell(effect: PresenceEffect): void {
    this.out.effects.push(effect)
  }

  offence(peer: string, code: 'MALFORMED' | 'FLOODING', reason: string): void {
    this.tell({ type: 'offence', peer, code, reason })
  }
}

export function emptyOutput(): PresenceOutput {
  return { frames: [], announcements: [], digests: [], effects: [] }
}
