/**
 * Blobs as files of the origin private file system: `cyxwiz-blobs/<sha256>`, pieces of what is still arriving under
 * `cyxwiz-partial/<sha256>/<offset>`.
 *
 * The page writes through `createWritable()`, which puts bytes into a hidden swap file and swaps it in when it is closed.
 * That gives "whole or not at all" for free, and forbids appending: keeping what is there would copy the file for every
 * chunk. So each chunk becomes a small file of its own, and `write` joins them when all are there. A file that was made
 * but never closed is empty: it counts as absent.
 */
import { isSha256 } from '../../protocol/store.ts'
import type { BlobFiles, StoredFile } from './blob-files.ts'
import { OPFS_SCHEME } from './blob-location.ts'
import { nameOf } from './errors.ts'
import { KERNEL_CHOICES_FILE } from './kernel-choices.ts'

const BLOBS_FOLDER = 'cyxwiz-blobs'
const PARTIAL_FOLDER = 'cyxwiz-partial'
/** Of the empty content: the only blob whose file may be empty. */
const EMPTY_SHA256 = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'
/** Handed over in parts: the browser copies each on the main thread. */
const WRITE_BYTES = 4 * 1024 * 1024

/** True where the page can write files: not in old browsers, nor in some private modes, nor on insecure pages. */
export async function hasOpfs(): Promise<boolean> {
  try {
    const { storage } = globalThis.navigator ?? {}
    if (storage?.getDirectory === undefined) return false
    // Older Safaris have files, but no `createWritable` on the page.
    if (typeof FileSystemFileHandle === 'undefined' || !('createWritable' in FileSystemFileHandle.prototype)) return false
    // Some private modes refuse only here.
    await storage.getDirectory()
    return true
  } catch {
    return false
  }
}

/** All blobs and pieces of this site, and what its Worker keeps. */
export async function deleteOpfs(): Promise<void> {
  const root = await navigator.storage.getDirectory()
  await removeEntry(root, BLOBS_FOLDER)
  await removeEntry(root, PARTIAL_FOLDER)
  await removeEntry(root, KERNEL_CHOICES_FILE)
}

export class OpfsFiles implements BlobFiles {
  readonly #blobs: FileSystemDirectoryHandle
  readonly #partial: FileSystemDirectoryHandle

  static async open(): Promise<OpfsFiles> {
    const root = await navigator.storage.getDirectory()
    return new OpfsFiles(await root.getDirectoryHandle(BLOBS_FOLDER, { create: true }), await root.getDirectoryHandle(PARTIAL_FOLDER, { create: true }))
  }

  private constructor(blobs: FileSystemDirectoryHandle, partial: FileSystemDirectoryHandle) {
    this.#blobs = blobs
    this.#partial = partial
  }

  location(sha256: string): string {
    return `${OPFS_SCHEME}${BLOBS_FOLDER}/${sha256}`
  }

  async open(sha256: string): Promise<{ readonly content: Blob; readonly modifiedMs: number } | null> {
    const file = await fileOf(this.#blobs, sha256)
    if (file === null || (file.size === 0 && sha256 !== EMPTY_SHA256)) return null
    return { content: file, modifiedMs: file.lastModified }
  }

  async write(sha256: string, content: Blob | Uint8Array): Promise<void> {
    await writeWhole(this.#blobs, sha256, content)
  }

  remove(sha256: string): Promise<void> {
    return removeEntry(this.#blobs, sha256)
  }

  async list(): Promise<StoredFile[]> {
    const found: StoredFile[] = []
    for await (const name of this.#blobs.keys()) {
      const file = isSha256(name) ? await this.open(name) : null
      if (file !== null) found.push({ sha256: name, sizeBytes: file.content.size, modifiedMs: file.modifiedMs })
    }
    return found
  }

  async pieces(sha256: string): Promise<Blob[]> {
    const pieces: Blob[] = []
    let offset = 0
    for (const piece of await this.#piecesOf(sha256)) {
      // Left over from before a gap, overwritten by a longer piece since.
      if (piece.offset < offset) continue
      // A gap: the piece that belongs here was never closed. What lies behind it is asked for again.
      if (piece.offset > offset || piece.file.size === 0) break
      pieces.push(piece.file)
      offset += piece.file.size
    }
    return pieces
  }

  async addPiece(sha256: string, offset: number, bytes: Uint8Array): Promise<void> {
    const folder = await this.#partial.getDirectoryHandle(sha256, { create: true })
    await writeWhole(folder, pieceName(offset), bytes)
  }

  removePieces(sha256: string): Promise<void> {
    return removeEntry(this.#partial, sha256)
  }

  async listPartial(): Promise<StoredFile[]> {
    const found: StoredFile[] = []
    for await (const sha256 of this.#partial.keys()) {
      if (!isSha256(sha256)) continue
      let sizeBytes = 0
      let modifiedMs = 0
      for (const { file } of await this.#piecesOf(sha256)) {
        sizeBytes += file.size
        modifiedMs = Math.max(modifiedMs, file.lastModified)
      }
      found.push({ sha256, sizeBytes, modifiedMs })
    }
    return found
  }

  close(): void {}

  async #piecesOf(sha256: string): Promise<{ readonly offset: number; readonly file: File }[]> {
    const folder = await this.#partial.getDirectoryHandle(sha256).catch(nullWhereMissing)
    if (folder === null) return []
    const names: string[] = []
    for await (const name of folder.keys()) names.push(name)
    const pieces: { offset: number; file: File }[] = []
    for (const name of names.sort()) {
      const file = await fileOf(folder, name)
      if (file !== null) pieces.push({ offset: Number.parseInt(name, 10), file })
    }
    return pieces
  }
}

/** Fixed width: the order of names is the order of offsets. */
function pieceName(offset: number): string {
  return String(offset).padStart(16, '0')
}

async function fileOf(folder: FileSystemDirectoryHandle, name: string): Promise<File | null> {
  const handle = await folder.getFileHandle(name).catch(nullWhereMissing)
  return handle === null ? null : handle.getFile().catch(nullWhereMissing)
}

async function writeWhole(folder: FileSystemDirectoryHandle, name: string, content: Blob | Uint8Array): Promise<void> {
  const known = await fileOf(folder, name)
  const handle = await folder.getFileHandle(name, { create: true })
  const writable = await handle.createWritable()
  try {
    // Room is asked for first. A write that meets a full quota in Chromium 156 ends in QuotaExceededError, AbortError or
    // NotReadableError, whichever end of the pipe notices first; growing the file moves no bytes and has one answer.
    await writable.truncate(content instanceof Uint8Array ? content.byteLength : content.size)
    if (content instanceof Uint8Array) {
      for (let at = 0; at < content.byteLength; at += WRITE_BYTES) await writable.write(content.subarray(at, at + WRITE_BYTES) as Uint8Array<ArrayBuffer>)
    } else {
      await writable.write(content)
    }
    await writable.close()
  } catch (error) {
    await writable.abort().catch(() => {})
    if (known === null) await removeEntry(folder, name).catch(() => {})
    throw error
  }
}

async function removeEntry(folder: FileSystemDirectoryHandle, name: string): Promise<void> {
  await folder.removeEntry(name, { recursive: true }).catch(nullWhereMissing)
}

function nullWhereMissing(error: unknown): null {
  if (nameOf(error) === 'NotFoundError') return null
  throw error
}
