/**
 * Colour and dash pattern of a line, from the hash of its id: the same peer looks the same in every chart and after a
 * reload. Where two would look alike, the later one moves on: first to a free colour, then to another dash.
 */
import type { LineStyle } from './types.ts'

export const COLOURS = 8

export const DASHES: readonly (readonly number[])[] = [[], [7, 3], [2, 3], [9, 3, 2, 3]]

/** FNV-1a, 32 bits. */
export function hashId(id: string): number {
  let hash = 0x811c9dc5
  for (let index = 0; index < id.length; index++) hash = Math.imul(hash ^ id.charCodeAt(index), 0x01000193) >>> 0
  return hash
}

/** Give out styles for one set of lines that are seen together (a job, a comparison). */
export class LineStyles {
  readonly #given = new Map<string, LineStyle>()
  readonly #taken = new Set<string>()
  readonly #colours = new Set<number>()

  of(id: string): LineStyle {
    const known = this.#given.get(id)
    if (known) return known
    const hash = hashId(id)
    let colour = (hash % COLOURS) + 1
    let dash = Math.floor(hash / COLOURS) % DASHES.length
    // A free colour while there is one, then any free pair; with more than 32 lines looks repeat.
    for (let tries = 0; tries < COLOURS * DASHES.length; tries++) {
      const free = this.#colours.size < COLOURS ? !this.#colours.has(colour) : !this.#taken.has(`${colour} ${dash}`)
      if (free) break
      colour = (colour % COLOURS) + 1
      if (tries % COLOURS === COLOURS - 1) dash = (dash + 1) % DASHES.length
    }
    const style: LineStyle = { colour, dash: DASHES[dash] ?? [] }
    this.#given.set(id, style)
    this.#taken.add(`${colour} ${dash}`)
    this.#colours.add(colour)
    return style
  }
}

/** The line of a job that stands alone. */
export const MAIN_STYLE: LineStyle = { colour: 1, dash: [] }
