/**
 * The cursor of one chart, moved by keys: from point to point, to the edges, to the next event, closer and wider. What it
 * stands on is told in words, once somebody stops.
 */
import type uPlot from 'uplot'
import type { ChartAction } from './chart-keys.ts'
import type { ChartGroup } from './group.ts'
import { type MarkLine, markLabel } from './mark-lines.ts'
import type { PlotData } from './prepare.ts'
import type { Range } from './scales.ts'
import type { ChartOptions } from './types.ts'
import { UNKNOWN, valueText, X_TITLE, xText } from './units.ts'
import { panTo, zoomAround } from './zoom.ts'

/** A screen reader should hear the value somebody stopped at, not all on the way. */
const ANNOUNCE_MS = 350
/** A mark is pointed at within this distance. */
const MARK_REACH_PX = 8
/** Lines told in one go; more nobody keeps in mind. */
const MAX_TOLD = 4

/** What the cursor needs of its chart. */
export interface CursorHost {
  readonly group: ChartGroup
  readonly options: ChartOptions
  readonly hiddenEntries: ReadonlySet<string>
  /** Null while nothing is drawn. */
  drawn(): { readonly plot: uPlot; readonly data: PlotData; readonly marks: readonly MarkLine[] } | null
  say(text: string): void
}

export class ChartCursor {
  readonly #host: CursorHost
  #timer = 0

  constructor(host: CursorHost) {
    this.#host = host
  }

  /** The mark under the cursor, or under `left` CSS pixels of the plot. */
  markAt(left: number): MarkLine | undefined {
    let best: MarkLine | undefined
    for (const line of this.#host.drawn()?.marks ?? []) {
      const distance = Math.abs(line.left - left)
      if (distance <= MARK_REACH_PX && (!best || distance < Math.abs(best.left - left))) best = line
    }
    return best
  }

  leave(): void {
    this.#host.drawn()?.plot.setCursor({ left: -10, top: -10 })
  }

  /** Nothing is said any more: the chart goes. */
  stop(): void {
    window.clearTimeout(this.#timer)
  }

  act(action: ChartAction): void {
    const drawn = this.#host.drawn()
    if (!drawn || drawn.data.x.length === 0) return
    const { plot, data, marks } = drawn
    const { group } = this.#host
    const { x } = data
    const whole: Range = [x[0] as number, x[x.length - 1] as number]
    const window: Range = group.window ?? whole
    const now = plot.cursor.idx ?? null
    switch (action.type) {
      case 'move': {
        const inSight = Math.max(1, lastUpTo(x, window[1]) - firstFrom(x, window[0]) + 1)
        // Some hundred presses cross the chart, whether it shows fifty points or fifty thousand.
        const step = Math.max(1, Math.round(inSight / 100)) * (action.far ? 10 : 1)
        this.moveTo(now === null ? lastUpTo(x, window[1]) : now + action.direction * step)
        break
      }
      case 'edge':
        this.moveTo(action.direction < 0 ? firstFrom(x, window[0]) : lastUpTo(x, window[1]))
        break
      case 'mark': {
        const left = plot.cursor.left ?? -1
        const inOrder = action.direction > 0 ? marks : [...marks].reverse()
        const next = inOrder.find((mark) => left < 0 || (mark.left - left) * action.direction > 1)
        if (next) this.moveTo(firstFrom(x, plot.posToVal(next.left, 'x')), next)
        else this.#announce('No further event in sight')
        break
      }
      case 'zoom': {
        const centre = now === null ? (window[0] + window[1]) / 2 : (x[now] as number)
        const next = zoomAround(window, whole, centre, action.factor, data.xDistribution)
        if (next) group.zoom(next)
        else group.follow()
        this.#announce(next ? `Showing ${this.#place(next[0])} to ${this.#xText(next[1])}` : 'Showing everything')
        break
      }
      case 'reset':
        group.follow()
        this.#announce('Showing everything')
        break
      case 'leave':
        this.leave()
        break
    }
  }

  /** To a point of the data, or onto a mark near it; the window moves along. */
  moveTo(index: number, mark?: MarkLine): void {
    const drawn = this.#host.drawn()
    if (!drawn || drawn.data.x.length === 0) return
    const { plot, data } = drawn
    const target = Math.min(Math.max(index, 0), data.x.length - 1)
    const x = data.x[target] as number
    const { group } = this.#host
    const moved = group.window && panTo(group.window, x, data.xDistribution)
    if (moved && moved !== group.window) group.zoom(moved)
    // After uPlot has taken a moved window over.
    queueMicrotask(() => {
      if (this.#host.drawn()?.plot !== plot) return
      const left = mark ? mark.left : plot.valToPos(x, 'x')
      // The third argument, telling the charts of the group, is missing in uPlot's types.
      const setCursor = plot.setCursor as (at: { left: number; top: number }, fire?: boolean, publish?: boolean) => void
      setCursor({ left, top: plot.over.clientHeight / 2 }, true, true)
      const near = mark ?? this.markAt(left)
      this.#announce(this.#words(target) + (near ? `. ${markLabel(near)}` : ''))
    })
  }

  #xText(x: number): string {
    const { xAxis, wallTime } = this.#host.options
    return xText(xAxis, wallTime, x)
  }

  #place(x: number): string {
    return `${X_TITLE[this.#host.options.xAxis]} ${this.#xText(x)}`
  }

  #words(index: number): string {
    const drawn = this.#host.drawn()
    if (!drawn) return ''
    const { plot, data } = drawn
    const told: string[] = []
    for (const [column, { entryId, role }] of data.info.entries()) {
      if (role !== 'line' || this.#host.hiddenEntries.has(entryId)) continue
      const at = plot.cursor.idxs?.[column + 1] ?? index
      const label = data.legend.find(({ id }) => id === entryId)?.label ?? ''
      told.push(`${label} ${valueText(data.kind, data.columns[column]?.[at]).replace(UNKNOWN, 'unknown')}`)
    }
    const more = told.length - MAX_TOLD
    return `${this.#place(data.x[index] as number)}: ${told.slice(0, MAX_TOLD).join('; ')}${more > 0 ? `; and ${more} more` : ''}`
  }

  #announce(text: string): void {
    window.clearTimeout(this.#timer)
    this.#timer = window.setTimeout(() => this.#host.say(text), ANNOUNCE_MS)
  }
}

/** The first index whose x is at least `from`; the last one where none is. */
function firstFrom(x: Float64Array, from: number): number {
  let low = 0
  let high = x.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if ((x[middle] as number) < from) low = middle + 1
    else high = middle
  }
  return low
}

function lastUpTo(x: Float64Array, to: number): number {
  const at = firstFrom(x, to)
  return (x[at] as number) > to ? Math.max(0, at - 1) : at
}
