/**
 * Data sets by name, on this machine: what there is, where its files lie, how to get one. A name is a name: it is looked
 * up in the catalogue and never used as a path.
 */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { PartReader } from '../../kernels/data/load.ts'
import type { DataPart } from '../../kernels/data/types.ts'
import { ensureFashion } from '../setup/fashion.mjs'
import { CATALOGUE, type CatalogueEntry } from './catalogue.ts'

export type DatasetErrorCode = 'UNKNOWN_DATASET' | 'DATASET_NOT_INSTALLED' | 'DATASET_DAMAGED' | 'DATASET_INSTALL_FAILED'

export class DatasetError extends Error {
  readonly code: DatasetErrorCode
  readonly dataset: string

  constructor(code: DatasetErrorCode, dataset: string, message: string) {
    super(message)
    this.name = 'DatasetError'
    this.code = code
    this.dataset = dataset
  }
}

export interface ResolvedDataset {
  readonly name: string
  /** With `location`: the file's full path. */
  readonly parts: readonly (DataPart & { readonly location: string })[]
}

export interface DatasetInfo {
  readonly name: string
  readonly description: string
  readonly licence: string
  readonly installed: boolean
  /** Of all files, compressed. */
  readonly bytes: number
  /** Folder of the files; null when not installed. */
  readonly path: string | null
}

const infoOf = (entry: CatalogueEntry): DatasetInfo => {
  const path = entry.folder()
  return {
    name: entry.name,
    description: entry.description,
    licence: entry.licence,
    installed: path !== null,
    bytes: entry.parts.reduce((sum, part) => sum + part.bytes, 0),
    path,
  }
}

/** All data sets that have a name, installed or not. */
export const listDatasets = (): DatasetInfo[] => CATALOGUE.map(infoOf)

function find(name: string): CatalogueEntry {
  const entry = CATALOGUE.find((candidate) => candidate.name === name)
  if (entry !== undefined) return entry
  const known = listDatasets().map((info) => (info.installed ? info.name : `${info.name} (cyxwiz data add ${info.name})`))
  throw new DatasetError('UNKNOWN_DATASET', name, `there is no data set "${name.slice(0, 80)}"; there are: ${known.join(', ')}`)
}

/** The files of a data set. Throws when the name is unknown, or nothing of that name is installed. */
export async function resolveDataset(name: string): Promise<ResolvedDataset> {
  const entry = find(name)
  const folder = entry.folder()
  if (folder === null) {
    const here = listDatasets().filter((info) => info.installed)
    throw new DatasetError(
      'DATASET_NOT_INSTALLED',
      name,
      `data set "${name}" is not installed here; "cyxwiz data add ${name}" installs it (installed: ${here.map((info) => info.name).join(', ')})`,
    )
  }
  const parts = await Promise.all(
    entry.parts.map(async ({ file, ...part }) => {
      const location = join(folder, file)
      const size = await stat(location).then(
        (found) => found.size,
        () => null,
      )
      if (size !== part.bytes) {
        throw new DatasetError(
          'DATASET_DAMAGED',
          name,
          `data set "${name}": ${location} ${size === null ? 'is missing' : `has ${size} bytes, expected ${part.bytes}`}`,
        )
      }
      return { ...part, location }
    }),
  )
  return { name, parts }
}

/** Installs a data set; what it does is told on stderr. Resolves at once when it is there already. */
export async function addDataset(name: string): Promise<DatasetInfo> {
  const entry = find(name)
  if (entry.folder() === null) {
    const { folder, why } = await ensureFashion()
    if (folder === null) {
      throw new DatasetError('DATASET_INSTALL_FAILED', name, `data set "${name}" could not be installed: ${why}`)
    }
  }
  return infoOf(entry)
}

/** Reads a part from the file that its `location` names; for `loadSplit`. */
export const readPartFile: PartReader = async (part) => {
  if (part.location === undefined) throw new TypeError(`data part ${part.role} (${part.sha256}) has no location`)
  return readFile(part.location)
}
