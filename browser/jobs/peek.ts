/**
 * A look at the beginning of a file: what it is (told from its bytes, the name only helps) and what is in it, for the
 * preview and for putting a dropped file in its place. Reads a few hundred kilobytes at most, whatever its size.
 */
import { parseCsv } from '../../kernels/data/csv.ts'

/** Enough for a preview of a table with long rows, and for most safetensors headers. */
const HEAD_BYTES = 256 * 1024
const PREVIEW_ROWS = 5

export type FilePeek =
  | { readonly kind: 'csv'; readonly columns: readonly string[]; readonly rows: readonly (readonly string[])[] }
  | { readonly kind: 'safetensors'; readonly tensors: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly number[] }[] }
  | { readonly kind: 'idx'; readonly shape: readonly number[] }
  | { readonly kind: 'text'; readonly start: string }
  | { readonly kind: 'unknown' }

export async function peekFile(file: File): Promise<FilePeek> {
  const head = await headOf(file)
  const idx = idxShape(head)
  if (idx !== null) return { kind: 'idx', shape: idx }
  const tensors = safetensorsHeader(head)
  if (tensors !== null) return { kind: 'safetensors', tensors }
  const text = textOf(head)
  if (text === null) return { kind: 'unknown' }
  const name = file.name.toLowerCase().replace(/\.gz$/, '')
  if (name.endsWith('.csv') || (!name.endsWith('.txt') && looksLikeTable(text))) return csvPeek(text, head.length >= HEAD_BYTES)
  return { kind: 'text', start: text.slice(0, 300) }
}

/** The beginning, unpacked where it is gzip. */
async function headOf(file: Blob): Promise<Uint8Array> {
  const magic = new Uint8Array(await file.slice(0, 2).arrayBuffer())
  if (magic[0] !== 0x1f || magic[1] !== 0x8b) return new Uint8Array(await file.slice(0, HEAD_BYTES).arrayBuffer())
  const reader = file.slice(0, HEAD_BYTES).stream().pipeThrough(new DecompressionStream('gzip')).getReader()
  const head = new Uint8Array(HEAD_BYTES)
  let length = 0
  try {
    while (length < HEAD_BYTES) {
      const { done, value } = await reader.read()
      if (done) break
      const room = value.subarray(0, HEAD_BYTES - length)
      head.set(room, length)
      length += room.length
    }
    await reader.cancel()
  } catch {
    // The slice ends in the middle of the stream: what came out so far is the head.
  }
  return head.slice(0, length)
}

function idxShape(head: Uint8Array): number[] | null {
  const [zero0, zero1, type = 0, rank = 0] = head
  if (zero0 !== 0 || zero1 !== 0 || type < 8 || type > 14 || rank < 1 || rank > 8 || head.length < 4 + 4 * rank) return null
  const view = new DataView(head.buffer, head.byteOffset)
  return Array.from({ length: rank }, (_, i) => view.getUint32(4 + 4 * i))
}

function safetensorsHeader(head: Uint8Array): { name: string; dtype: string; shape: readonly number[] }[] | null {
  if (head.length < 10 || head[8] !== 0x7b) return null
  const length = new DataView(head.buffer, head.byteOffset).getBigUint64(0, true)
  if (length > BigInt(head.length - 8)) return null
  try {
    const json = JSON.parse(new TextDecoder().decode(head.subarray(8, 8 + Number(length)))) as Record<string, { dtype?: unknown; shape?: unknown }>
    return Object.entries(json).flatMap(([name, { dtype, shape }]) =>
      name !== '__metadata__' && Array.isArray(shape) ? [{ name, dtype: String(dtype), shape }] : [],
    )
  } catch {
    return null
  }
}

function textOf(head: Uint8Array): string | null {
  if (head.length === 0 || head.includes(0)) return null
  try {
    // A character may be cut at the end: `stream` keeps it back.
    return new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true })
  } catch {
    return null
  }
}

function looksLikeTable(text: string): boolean {
  const lines = text
    .split(/\r?\n/)
    .filter((line) => line !== '')
    .slice(0, 3)
  const commas = lines.map((line) => line.split(',').length)
  return lines.length > 1 && (commas[0] ?? 0) > 1 && commas.every((count) => count === commas[0])
}

function csvPeek(text: string, cut: boolean): FilePeek {
  // The last line may be half a row.
  const whole = cut ? text.slice(0, text.lastIndexOf('\n') + 1) : text
  try {
    const rows = parseCsv(new TextEncoder().encode(whole)).map(({ cells }) => cells)
    return { kind: 'csv', columns: (rows[0] ?? []).map((cell) => cell.trim()), rows: rows.slice(1, 1 + PREVIEW_ROWS) }
  } catch {
    return { kind: 'csv', columns: [], rows: [] }
  }
}
