/** Which commands a few letters mean: every word must occur; a title that begins so comes first. */
export interface PaletteEntry {
  readonly group: string
  readonly title: string
  readonly run: () => void | Promise<void>
}

export function findCommands(entries: readonly PaletteEntry[], text: string): readonly PaletteEntry[] {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '')
  const [first] = words
  if (first === undefined) return entries
  const rank = ({ title }: PaletteEntry): number => (title.toLowerCase().startsWith(first) ? 0 : 1)
  return entries.filter(({ group, title }) => words.every((word) => `${group} ${title}`.toLowerCase().includes(word))).toSorted((a, b) => rank(a) - rank(b))
}
