/**
 * Damage in the write-ahead file that SQLite passes over in silence. After a crash it takes the file up to the first frame
 * whose checksum is wrong, which is right for a write that was cut off, and wrong for a byte that went bad in the middle:
 * everything behind it, votes too, would be as if it had never been saved. Format: https://sqlite.org/fileformat2.html#walformat
 *
 * A crash cuts off the last transaction at most, because each one is synced before the next begins. Two transactions that
 * end behind the first bad frame therefore mean damage.
 */
import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs'
import { damaged } from './errors.ts'

const HEADER_BYTES = 32
const FRAME_HEADER_BYTES = 24
/** The lowest bit says in which order of bytes checksums are taken. */
const MAGIC = 0x377f0682

interface Frame {
  /** Counts from 1. */
  readonly page: number
  /** Ends a transaction. */
  readonly commits: boolean
  readonly salts: string
  readonly at: number
}

/** Throws CORRUPT that names the file. Invariant: called before SQLite opens the database, with the directory's lock held. */
export function checkWal(databasePath: string): void {
  const path = `${databasePath}-wal`
  if (!existsSync(path)) return
  const bytes = readFileSync(path)
  if (bytes.byteLength <= HEADER_BYTES) return // nothing was ever behind it
  const header = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES)
  const sum = new WalSum((header.getUint32(0) & 1) === 0)
  sum.add(bytes, 0, 24)
  const sound = (header.getUint32(0) & ~1) >>> 0 === MAGIC && sum.is(header.getUint32(24), header.getUint32(28))
  if (!sound) {
    // SQLite begins the file anew by overwriting its header, once all of it is in the database: then nothing is lost with it.
    if (!isInDatabase(bytes, databasePath)) throw damaged(path, 'its header is unreadable')
    return
  }
  const frames = framesOf(bytes, header.getUint32(8)).filter(({ salts }) => salts === saltsAt(header, 16))
  const pageBytes = header.getUint32(8)
  const bad = frames.findIndex(({ at }) => {
    sum.add(bytes, at, 8)
    sum.add(bytes, at + FRAME_HEADER_BYTES, pageBytes)
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES)
    return !sum.is(view.getUint32(16), view.getUint32(20))
  })
  const ends = bad < 0 ? 0 : frames.slice(bad).filter(({ commits }) => commits).length
  if (ends >= 2) throw damaged(path, `frame ${bad + 1} of ${frames.length} is bad, ${ends} transactions end behind it`)
}

function framesOf(bytes: Uint8Array, pageBytes: number): Frame[] {
  const frames: Frame[] = []
  for (let at = HEADER_BYTES; at + FRAME_HEADER_BYTES + pageBytes <= bytes.byteLength; at += FRAME_HEADER_BYTES + pageBytes) {
    const view = new DataView(bytes.buffer, bytes.byteOffset + at, FRAME_HEADER_BYTES)
    frames.push({ page: view.getUint32(0), commits: view.getUint32(4) !== 0, salts: saltsAt(view, 8), at })
  }
  return frames
}

function saltsAt(view: DataView, offset: number): string {
  return `${view.getUint32(offset)} ${view.getUint32(offset + 4)}`
}

/** Whether the database holds every page that the file's transactions last wrote. */
function isInDatabase(bytes: Uint8Array, databasePath: string): boolean {
  const file = openSync(databasePath, 'r')
  try {
    const head = new Uint8Array(18)
    readSync(file, head, 0, head.byteLength, 0)
    const said = new DataView(head.buffer).getUint16(16)
    const pageBytes = said === 1 ? 65_536 : said
    if (pageBytes < 512) return false
    const all = framesOf(bytes, pageBytes)
    const same = all.findIndex(({ salts }) => salts !== all[0]?.salts)
    const frames = same < 0 ? all : all.slice(0, same)
    const committed = frames.slice(0, frames.findLastIndex(({ commits }) => commits) + 1)
    const newest = new Map(committed.map((frame) => [frame.page, frame]))
    const page = Buffer.alloc(pageBytes)
    for (const { page: number, at } of newest.values()) {
      const read = readSync(file, page, 0, pageBytes, (number - 1) * pageBytes)
      if (read !== pageBytes || page.compare(bytes, at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + pageBytes) !== 0) return false
    }
    return true
  } finally {
    closeSync(file)
  }
}

/** SQLite's checksum: two sums over pairs of 32-bit words, carried on from frame to frame. */
class WalSum {
  private readonly littleEndian: boolean
  private first = 0
  private second = 0

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian
  }

  add(bytes: Uint8Array, offset: number, length: number): void {
    const view = new DataView(bytes.buffer, bytes.byteOffset + offset, length)
    for (let i = 0; i + 8 <= length; i += 8) {
      this.first = (this.first + view.getUint32(i, this.littleEndian) + this.second) >>> 0
      this.second = (this.second + view.getUint32(i + 4, this.littleEndian) + this.first) >>> 0
    }
  }

  is(first: number, second: number): boolean {
    return this.first === first && this.second === second
  }
}
