/**
 * Charts that belong together: they show the same part of x, share the cursor, and follow new data again together. uPlot
 * shares the cursor by key; the window is ours, because a double click resets a chart without its group knowing.
 */
import type { Range } from './scales.ts'

export interface GroupMember {
  /** The window has changed; null = everything, and what comes. */
  windowChanged(window: Range | null): void
}

let count = 0

export class ChartGroup {
  /** For uPlot's cursor sync. */
  readonly key = `cyx-charts-${++count}`
  readonly #members = new Set<GroupMember>()
  #window: Range | null = null

  get window(): Range | null {
    return this.#window
  }

  join(member: GroupMember): () => void {
    this.#members.add(member)
    return () => this.#members.delete(member)
  }

  zoom(window: Range): void {
    if (!(window[1] > window[0])) return
    this.#set(window)
  }

  /** Shows everything again, and new data as it comes. */
  follow(): void {
    this.#set(null)
  }

  #set(window: Range | null): void {
    this.#window = window
    for (const member of [...this.#members]) member.windowChanged(window)
  }
}
