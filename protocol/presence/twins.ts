/**
 * Two processes with one identity: a data directory was copied. Each peer draws an incarnation at random, so only a process
 * that lives can object to another one by name; the elder objects, and the younger one ends by that word.
 */
import * as C from './constants.ts'
import { type Announcement, compareIncarnations } from './types.ts'
import type { View } from './view.ts'

/** Copies met lately: as many as a careless script starts, and no more than that. */
const MAX_CONTESTED = 64

export class Twins {
  private readonly view: View
  private readonly contested = new Map<string, number>()

  constructor(view: View) {
    this.view = view
  }

  /** A record under this peer's own name. */
  hear(twin: Announcement, from: string): void {
    const { view } = this
    const { incarnation, contests, leaving } = twin
    if (incarnation.id === view.incarnation.id || view.leaving) return
    if (contests === view.incarnation.id) {
      // Nobody but a living process that was there before could have named this one.
      view.leaving = true // and without a goodbye, which would be the other one's
      view.tell({ type: 'twin', fatal: true, startedAtMs: incarnation.startedAtMs })
      return
    }
    // An older one may be a record that still goes round from before a restart: it proves nothing.
    if (leaving || compareIncarnations(incarnation, view.incarnation) <= 0) return
    const lastAt = this.contested.get(incarnation.id)
    if (lastAt !== undefined && view.now - lastAt < C.TWIN_EVERY_MS) return
    if (lastAt === undefined) view.tell({ type: 'twin', fatal: false, startedAtMs: incarnation.startedAtMs })
    if (this.contested.size >= MAX_CONTESTED) this.contested.clear()
    this.contested.set(incarnation.id, view.now)
    const objection = view.own.refute(view.now, view.own.announcement.revision, incarnation.id)
    view.out.announcements.push(objection)
    const near = view.routes.neighbours.has(from) ? [from] : []
    for (const peer of new Set([...near, ...view.routes.pick(C.HELPERS)])) view.send(peer, { kind: 'records', announcements: [objection] })
  }
}
