/**
 * Event marks as a plot shows them: vertical lines with a sign at the top. Marks that would lie on one another become one
 * line whose label tells them all.
 */
import type { MarkKind } from '../metrics/types.ts'
import type { Colours } from './palette.ts'
import type { ChartMark } from './types.ts'

export interface MarkLine {
  /** CSS pixels from the left edge of the plot. */
  readonly left: number
  readonly kind: MarkKind
  readonly texts: readonly string[]
}

/** Two lines closer than this cannot be told apart, nor pointed at. */
const MIN_GAP_PX = 7

/** Which kind speaks for a line that stands for several: the gravest. */
const GRAVITY: readonly MarkKind[] = ['not-finite', 'attempt', 'left', 'coordinator', 'paused', 'resumed', 'joined', 'checkpoint']

export const MARK_SIGN: Readonly<Record<MarkKind, string>> = {
  'not-finite': '!',
  attempt: '↺',
  left: '−',
  coordinator: 'C',
  paused: '‖',
  resumed: '›',
  joined: '+',
  checkpoint: '✓',
}

const MARK_COLOUR: Readonly<Record<MarkKind, keyof Colours>> = {
  'not-finite': 'danger',
  attempt: 'warn',
  left: 'warn',
  coordinator: 'muted',
  paused: 'muted',
  resumed: 'muted',
  joined: 'ok',
  checkpoint: 'muted',
}

export function markColour(kind: MarkKind, colours: Colours): string {
  return colours[MARK_COLOUR[kind]] as string
}

/** `position`: CSS pixels, or null where the mark is out of sight. */
export function markLines(marks: readonly ChartMark[], position: (mark: ChartMark) => number | null): MarkLine[] {
  const placed = marks
    .map((mark) => ({ mark, left: position(mark) }))
    .filter((one): one is { mark: ChartMark; left: number } => one.left !== null && Number.isFinite(one.left))
    .sort((a, b) => a.left - b.left)
  const lines: { left: number; kind: MarkKind; texts: string[] }[] = []
  for (const { mark, left } of placed) {
    const before = lines.at(-1)
    if (before && left - before.left < MIN_GAP_PX) {
      before.texts.push(mark.text)
      if (GRAVITY.indexOf(mark.kind) < GRAVITY.indexOf(before.kind)) before.kind = mark.kind
    } else lines.push({ left, kind: mark.kind, texts: [mark.text] })
  }
  return lines
}

/** The texts of one line, short enough for a label. */
export function markLabel({ texts }: MarkLine): string {
  const shown = texts.slice(0, 3)
  const rest = texts.length - shown.length
  return shown.join('; ') + (rest > 0 ? `; and ${rest} more` : '')
}
