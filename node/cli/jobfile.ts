/**
 * Reads a job file. Whatever is wrong with it is an error that names the file and, where there is one, the key.
 */
import { readFile, stat } from 'node:fs/promises'
import { dirname, isAbsolute, resolve } from 'node:path'
import { type JobFile, parseJobFile } from '../../protocol/jobs/spec.ts'
import { UsageError } from './errors.ts'

/** DESIGN 8.6: what a spec may be, on the wire and so in a file. */
const MAX_JOB_FILE_BYTES = 256 * 1024

export interface LoadedJob {
  readonly path: string
  /** Relative paths in the job start here. */
  readonly folder: string
  readonly job: JobFile
}

export async function readJobFile(path: string): Promise<LoadedJob> {
  const full = resolve(path)
  const size = (await stat(full).catch((cause: unknown) => Promise.reject(unreadable(path, cause)))).size
  if (size > MAX_JOB_FILE_BYTES) throw new UsageError(`${path}: a job file has at most ${MAX_JOB_FILE_BYTES} bytes, this one has ${size}`, 'TOO_LARGE')
  const text = await readFile(full, 'utf8').catch((cause: unknown) => Promise.reject(unreadable(path, cause)))
  return { path: full, folder: dirname(full), job: parseJobFile(parseJson(text, path)) }
}

export function fromJobFolder(folder: string, path: string): string {
  return isAbsolute(path) ? path : resolve(folder, path)
}

/** `what` could not be read: says why in words. */
export function unreadable(what: string, cause: unknown): UsageError {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
  const words: Record<string, string> = { ENOENT: 'no such file', EISDIR: 'is a directory, not a file', EACCES: 'may not be read', ENOTDIR: 'no such file' }
  return new UsageError(`${what}: ${words[code] ?? (cause instanceof Error ? cause.message : String(cause))}`, 'UNREADABLE', { cause })
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text.replace(/^\uFEFF/, ''))
  } catch (cause) {
    throw new UsageError(`${path}: not JSON: ${cause instanceof Error ? cause.message : String(cause)}`, 'BAD_SPEC', { cause })
  }
}
