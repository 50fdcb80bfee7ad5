/**
 * One uPlot instance for prepared data: how axes, lines, bands, marks and limits look, and what a drag does. Built anew when
 * the shape of the data changes; otherwise only fed. Ranges are functions that read the group's window, so new data never
 * undoes a zoom.
 */
import uPlot from 'uplot'
import type { MetricName } from '../metrics/types.ts'
import type { ChartGroup } from './group.ts'
import { MARK_SIGN, type MarkLine, markColour } from './mark-lines.ts'
import { palette } from './palette.ts'
import type { PlotColumn, PlotData } from './prepare.ts'
import { type Distribution, type Range, xRange, yRange } from './scales.ts'
import { ticksFor } from './ticks.ts'
import type { ChartOptions, LineStyle } from './types.ts'
import { durationText, METRIC_INFO, shortNumber, tickBase, tickText } from './units.ts'

const FONT_PX = 11
const MIN_X_SPACE_PX = 52
/** Times of day are longer words than counts. */
const MIN_CLOCK_SPACE_PX = 96
const MIN_Y_SPACE_PX = 30
/** Shorter drags are clicks. */
const MIN_DRAG_PX = 6

/** What the plot asks of the element that owns it. */
export interface PlotOwner {
  readonly group: ChartGroup
  readonly metric: MetricName
  readonly options: ChartOptions
  /** Legend entries that are switched off. */
  readonly hiddenEntries: ReadonlySet<string>
  /** Null: as far as the data goes. */
  readonly yWindow: Range | null
  data(): PlotData
  limits(): readonly { readonly value: number; readonly style: LineStyle }[]
  markLines(): readonly MarkLine[]
  /** A part was dragged over; `y` when upwards too. */
  selected(x: Range, y: Range | null): void
  doubleClicked(): void
  cursorMoved(): void
}

const DISTR = { linear: 1, log: 3, asinh: 4 } as const

function scaleOf(distribution: Distribution): Pick<uPlot.Scale, 'distr' | 'log' | 'asinh'> {
  return { distr: DISTR[distribution.kind], log: 10, ...(distribution.kind === 'asinh' ? { asinh: distribution.threshold } : {}) }
}

export function strokeOf(column: Pick<PlotColumn, 'style'>): string {
  return palette.colours.series[column.style.colour] ?? palette.colours.text
}

export const rawOpacity = (): number => (palette.colours.strong ? 0.45 : 0.28)
export const bandOpacity = (): number => (palette.colours.strong ? 0.3 : 0.14)

/** `colour` seen through; canvas colours are in any notation here, so the mixing is left to CSS. */
export function faint(colour: string, opacity: number): string {
  return `color-mix(in srgb, ${colour} ${Math.round(opacity * 100)}%, transparent)`
}

function seriesOptions(column: PlotColumn, owner: PlotOwner): uPlot.Series {
  const show = !owner.hiddenEntries.has(column.entryId)
  if (column.role === 'low' || column.role === 'high') {
    return { show, scale: 'y', stroke: 'transparent', width: 0, points: { show: false }, spanGaps: false }
  }
  const raw = column.role === 'raw'
  return {
    show,
    scale: 'y',
    stroke: () => (raw ? faint(strokeOf(column), rawOpacity()) : strokeOf(column)),
    width: raw ? 1 : column.mean ? 2 : 1.75,
    dash: raw ? [] : [...column.style.dash],
    spanGaps: false,
    points: raw ? { show: false } : { size: 5, width: 1, stroke: () => strokeOf(column), fill: () => strokeOf(column) },
  }
}

function xValues(options: ChartOptions): (u: uPlot, splits: number[]) => string[] {
  if (options.xAxis !== 'time') return (_u, splits) => splits.map(shortNumber)
  if (!options.wallTime) return (_u, splits) => splits.map(durationText)
  return (_u, splits) => {
    const span = (splits.at(-1) ?? 0) - (splits[0] ?? 0)
    const parts: Intl.DateTimeFormatOptions =
      span > 86_400
        ? { month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit' }
        : { hour: '2-digit', minute: '2-digit', ...(span < 600 ? { second: '2-digit' } : {}) }
    const format = new Intl.DateTimeFormat(undefined, parts)
    return splits.map((seconds) => format.format(seconds * 1_000))
  }
}

/** Where borders are as strong as text, the grid must not be. */
const gridColour = (): string => (palette.colours.strong ? faint(palette.colours.border, 0.3) : palette.colours.border)

const font = (): string => `${FONT_PX}px ${palette.colours.fontFamily}`

function axesOf(owner: PlotOwner, data: PlotData): uPlot.Axis[] {
  const { options } = owner
  const kind = METRIC_INFO[owner.metric].kind
  const wall = options.xAxis === 'time' && options.wallTime
  const look: Partial<uPlot.Axis> = {
    stroke: () => palette.colours.muted,
    grid: { stroke: gridColour, width: 1 },
    ticks: { stroke: () => palette.colours.border, width: 1, size: 4 },
    font: font(),
    gap: 4,
  }
  const xTicks: Partial<uPlot.Axis> = wall
    ? {}
    : {
        splits: (u, _axis, min, max) =>
          ticksFor([min, max], {
            distribution: data.xDistribution,
            base: options.xAxis === 'time' ? 'duration' : 'decimal',
            count: Math.max(2, Math.floor(u.bbox.width / devicePixelRatio / MIN_X_SPACE_PX)),
            whole: options.xAxis !== 'time',
          }),
      }
  return [
    { ...look, ...xTicks, scale: 'x', size: 24, space: wall ? MIN_CLOCK_SPACE_PX : MIN_X_SPACE_PX, values: xValues(options), filter: (_u, splits) => splits },
    {
      ...look,
      scale: 'y',
      splits: (u, _axis, min, max) =>
        ticksFor([min, max], {
          distribution: data.yDistribution,
          base: tickBase(kind),
          count: Math.max(2, Math.floor(u.bbox.height / devicePixelRatio / MIN_Y_SPACE_PX)),
        }),
      filter: (_u, splits) => splits,
      values: (_u, splits) => splits.map((value) => tickText(kind, value)),
      size: (_u, values) => Math.max(34, ...(values ?? []).map((text) => text.length * FONT_PX * 0.58 + 14)),
    },
  ]
}

function drawLimits(u: uPlot, owner: PlotOwner): void {
  const { ctx, bbox } = u
  const labelled: number[] = []
  for (const { value, style } of owner.limits()) {
    const y = Math.round(u.valToPos(value, 'y', true))
    if (y < bbox.top || y > bbox.top + bbox.height) continue
    ctx.save()
    ctx.strokeStyle = strokeOf({ style })
    ctx.lineWidth = devicePixelRatio
    ctx.setLineDash([2 * devicePixelRatio, 3 * devicePixelRatio])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    // Above the line, unless the signs of the marks are there.
    const high = y - bbox.top < 2 * FONT_PX * devicePixelRatio
    // A label on another one is no label; the legend has them all.
    const middle = y + (high ? 1 : -1) * (FONT_PX / 2 + 2) * devicePixelRatio
    const free = labelled.every((other) => Math.abs(other - middle) > (FONT_PX + 2) * devicePixelRatio)
    if (free) labelled.push(middle)
    ctx.fillStyle = palette.colours.muted
    ctx.font = `${FONT_PX * devicePixelRatio}px ${palette.colours.fontFamily}`
    ctx.textAlign = 'right'
    ctx.textBaseline = high ? 'top' : 'bottom'
    ctx.fillText(
      `limit ${tickText(METRIC_INFO[owner.metric].kind, value)}`,
      bbox.left + bbox.width - 4 * devicePixelRatio,
      y + (high ? 3 : -2) * devicePixelRatio,
    )
    ctx.restore()
  }
}

function drawMarks(u: uPlot, owner: PlotOwner): void {
  const { ctx, bbox } = u
  const ratio = devicePixelRatio
  ctx.save()
  ctx.font = `${(FONT_PX - 1) * ratio}px ${palette.colours.fontFamily}`
  ctx.textAlign = 'center'
  ctx.textBaseline = 'top'
  for (const line of owner.markLines()) {
    const x = Math.round(bbox.left + line.left * ratio) + 0.5
    const colour = markColour(line.kind, palette.colours)
    ctx.strokeStyle = faint(colour, 0.55)
    ctx.fillStyle = colour
    ctx.lineWidth = ratio
    ctx.setLineDash([3 * ratio, 3 * ratio])
    ctx.beginPath()
    ctx.moveTo(x, bbox.top + FONT_PX * ratio)
    ctx.lineTo(x, bbox.top + bbox.height)
    ctx.stroke()
    ctx.fillText(MARK_SIGN[line.kind], x, bbox.top)
  }
  ctx.restore()
}

export function createPlot(owner: PlotOwner, box: HTMLElement, size: { width: number; height: number }): uPlot {
  const data = owner.data()
  const wall = owner.options.xAxis === 'time' && owner.options.wallTime
  const sync = (type: string): boolean => type === 'mousemove' || type === 'mouseleave'
  const options: uPlot.Options = {
    ...size,
    padding: [10, 18, 0, 0],
    legend: { show: false },
    scales: {
      x: {
        time: wall,
        ...scaleOf(data.xDistribution),
        range: (_u, min, max) => [...xRange(data.xDistribution, min === null || max === null ? null : [min, max], owner.group.window)],
      },
      y: {
        ...scaleOf(data.yDistribution),
        range: (_u, min, max) => {
          if (owner.yWindow !== null) return [...owner.yWindow]
          const found: Range | null = min === null || max === null ? null : [min, max]
          const reach = owner.limits().reduce((most, { value }) => Math.max(most, value), found?.[1] ?? Number.NEGATIVE_INFINITY)
          return [...yRange(data.yDistribution, found && [found[0], reach], METRIC_INFO[owner.metric].fromZero)]
        },
      },
    },
    axes: axesOf(owner, data),
    series: [{ scale: 'x' }, ...data.info.map((column) => seriesOptions(column, owner))],
    // uPlot counts x as series 0.
    bands: data.bands.map(({ high, low, style }) => ({ series: [high + 1, low + 1], fill: () => faint(strokeOf({ style }), bandOpacity()) })),
    cursor: {
      // Values are in the legend: a second line across would only cover others.
      y: false,
      drag: { x: true, y: true, uni: 40, dist: MIN_DRAG_PX, setScale: false },
      points: { size: 7 },
      sync: {
        key: `${owner.group.key} ${owner.options.xAxis}${wall ? ' wall' : ''}`,
        scales: ['x', null],
        setSeries: false,
        filters: { pub: sync, sub: sync },
      },
      bind: {
        dblclick: () => () => {
          owner.doubleClicked()
          return null
        },
      },
    },
    hooks: {
      setSelect: [
        (u) => {
          const { left, top, width, height } = u.select
          if (width < MIN_DRAG_PX && height < MIN_DRAG_PX) return
          const wholeHeight = height >= u.over.clientHeight - 1
          const wholeWidth = width >= u.over.clientWidth - 1
          const x: Range = wholeWidth ? [u.scales.x?.min ?? 0, u.scales.x?.max ?? 1] : [u.posToVal(left, 'x'), u.posToVal(left + width, 'x')]
          const y: Range | null = wholeHeight || height < MIN_DRAG_PX ? null : [u.posToVal(top + height, 'y'), u.posToVal(top, 'y')]
          u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false)
          owner.selected(x, y)
        },
      ],
      setCursor: [() => owner.cursorMoved()],
      draw: [
        (u) => {
          drawLimits(u, owner)
          drawMarks(u, owner)
        },
      ],
    },
  }
  return new uPlot(options, alignedData(data), box)
}

export function alignedData(data: PlotData): uPlot.AlignedData {
  return [data.x, ...data.columns]
}
