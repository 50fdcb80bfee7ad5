/**
 * A file that a command will write at its end. Whether it can be written is found out at the start: nobody should train
 * for an hour and then learn that the folder does not exist. The file appears complete or not at all.
 */
import { access, constants, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { syncFolder, writeDurably } from '../store/blobs.ts'
import { storeErrorOf } from '../store/errors.ts'
import { UsageError } from './errors.ts'

/** As any file a person makes: their umask decides. */
const PUBLIC_MODE = 0o666

export interface OutFile {
  /** Absolute. */
  readonly path: string
  write(bytes: Uint8Array): Promise<void>
}

/** Throws, naming `option` and the path, when the file could not be written there. */
export async function openOutFile(path: string, option: string): Promise<OutFile> {
  const full = resolve(path)
  const folder = dirname(full)
  const refuse = (why: string, cause?: unknown): never => {
    throw new UsageError(`${option} ${path}: ${why}`, 'UNWRITABLE', { cause })
  }
  const found = await stat(folder).catch((cause: unknown) => refuse(`the folder ${folder} does not exist`, cause))
  if (!found.isDirectory()) refuse(`${folder} is not a folder`)
  if ((await stat(full).catch(() => null))?.isDirectory()) refuse('is a folder')
  await access(folder, constants.W_OK).catch((cause: unknown) => refuse(`the folder ${folder} cannot be written`, cause))
  const temporary = join(folder, `.${basename(full)}.${process.pid}.part`)
  // Permission bits do not tell of read-only file systems: only writing does.
  await writeDurably(temporary, async () => {}).catch((cause: unknown) => refuse(`the folder ${folder} cannot be written`, cause))
  await rm(temporary, { force: true })
  return {
    path: full,
    async write(bytes) {
      try {
        await writeDurably(temporary, (file) => file.writeFile(bytes), PUBLIC_MODE)
        await rename(temporary, full)
        await syncFolder(folder)
      } catch (error) {
        await rm(temporary, { force: true })
        throw storeErrorOf(error, path)
      }
    },
  }
}
