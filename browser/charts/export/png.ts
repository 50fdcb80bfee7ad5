/**
 * A chart as PNG: the plot's own canvas on a second one, with what the canvas lacks: background, title, legend, date.
 */
import type { Colours } from '../palette.ts'

export interface PngInit {
  readonly plot: HTMLCanvasElement
  /** CSS pixels of the plot; its canvas may hold more. */
  readonly width: number
  readonly height: number
  readonly title: string
  readonly subtitle: string
  readonly date: string
  readonly legend: readonly {
    readonly label: string
    readonly value: string
    readonly colour: number
    readonly dash: readonly number[]
    readonly band: boolean
  }[]
  readonly colours: Colours
}

const PADDING = 16
const HEAD = 52
const LEGEND_ROW = 20

export async function pngOf({ plot, width, height, title, subtitle, date, legend, colours }: PngInit): Promise<Blob> {
  const canvas = document.createElement('canvas')
  const context = canvas.getContext('2d')
  if (!context) throw new Error('PNG: this browser gave no canvas to draw on; try SVG')
  const scale = plot.width / width
  context.font = `12px ${colours.fontFamily}`
  const rows: { at: number; row: number }[] = []
  let at = PADDING
  let row = 0
  for (const { label, value } of legend) {
    const wide = 30 + context.measureText(`${label}  ${value}`).width + 16
    if (at + wide > width && at > PADDING) {
      row++
      at = PADDING
    }
    rows.push({ at, row })
    at += wide
  }
  const whole = HEAD + height + (legend.length > 0 ? (row + 1) * LEGEND_ROW + PADDING : PADDING)
  canvas.width = plot.width + Math.round(2 * PADDING * scale)
  canvas.height = Math.round(whole * scale)
  context.scale(scale, scale)
  context.fillStyle = colours.background
  context.fillRect(0, 0, width + 2 * PADDING, whole)
  context.textBaseline = 'alphabetic'
  context.fillStyle = colours.text
  context.font = `600 15px ${colours.fontFamily}`
  context.fillText(title, PADDING, 24)
  context.font = `11px ${colours.fontFamily}`
  context.fillStyle = colours.muted
  context.fillText(subtitle, PADDING, 41)
  context.textAlign = 'right'
  context.fillText(date, width + PADDING, 24)
  context.textAlign = 'left'
  context.drawImage(plot, PADDING, HEAD, width, height)
  context.font = `12px ${colours.fontFamily}`
  for (const [index, { label, value, colour, dash, band }] of legend.entries()) {
    const place = rows[index]
    if (!place) continue
    const y = HEAD + height + place.row * LEGEND_ROW + 14
    context.strokeStyle = colours.series[colour] ?? colours.text
    context.lineWidth = band ? 10 : 2
    context.globalAlpha = band ? 0.3 : 1
    context.setLineDash([...dash])
    context.beginPath()
    context.moveTo(place.at, y - 4)
    context.lineTo(place.at + 22, y - 4)
    context.stroke()
    context.globalAlpha = 1
    context.fillStyle = colours.text
    context.fillText(`${label}  ${value}`, place.at + 28, y)
  }
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
  // Frees the pixels now, not when the collector comes round.
  canvas.width = 0
  if (!blob) throw new Error('PNG: the picture is too large for this browser; make the window smaller, or try SVG')
  return blob
}
