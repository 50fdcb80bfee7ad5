/** Numbers and ids as people read them. */

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const

/** `1.5 GiB`: three significant figures. */
export function formatBytes(bytes: number): string {
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024
    unit += 1
  }
  return `${unit === 0 ? value : value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)} ${UNITS[unit]}`
}

export function duration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`
  const whole = Math.round(seconds)
  const hours = Math.floor(whole / 3600)
  const minutes = Math.floor((whole % 3600) / 60)
  return hours > 0 ? `${hours} h ${minutes} min` : `${minutes} min ${whole % 60} s`
}

/** The end of a peer id tells peers apart (the start is the same for all Ed25519 keys); the start of a job id does. */
export function shortId(id: string): string {
  if (id.length <= 12) return id
  return id.startsWith('12D3KooW') ? `…${id.slice(-8)}` : id.slice(0, 12)
}

/** Other people's words on this terminal: a job's name or reason must not move the cursor or change colours. */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, '\u{fffd}')
}

/** Columns padded to their widest cell, two spaces between. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths: number[] = []
  const clean = rows.map((row) => row.map(printable))
  for (const row of clean) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, cell.length)
  }
  return clean
    .map((row) =>
      row
        .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}
