/**
 * A job file's `data` as parts with hashes and places: what peers fetch from one another and loaders read. Used by every
 * command that takes a job file, so that `train` and `submit` mean the same bytes.
 */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { loadSplit } from '../../kernels/data/index.ts'
import type { DataPart, SplitDataset } from '../../kernels/data/types.ts'
import { dataFilesOf, type LocatedData, loadOptionsOf } from '../../protocol/jobs/prepare.ts'
import type { JobFile } from '../../protocol/jobs/spec.ts'
import { readPartFile, resolveDataset } from '../data/datasets.ts'
import { fromJobFolder, unreadable } from './jobfile.ts'

type LocatedPart = DataPart & { readonly location: string }

export interface JobData extends LocatedData {
  readonly parts: readonly LocatedPart[]
}

export async function resolveJobData(job: JobFile, folder: string): Promise<JobData> {
  const { data } = job
  const options = loadOptionsOf(job)
  if ('dataset' in data) {
    const { parts } = await resolveDataset(data.dataset)
    return { parts, options, dataset: data.dataset, label: data.dataset, labelColumn: null }
  }
  const parts: LocatedPart[] = []
  for (const { role, format, path, key } of dataFilesOf(data)) parts.push({ role, format, ...(await describeFile(fromJobFolder(folder, path), key)) })
  return { parts, options, dataset: null, label: basename(parts[0]?.location ?? ''), labelColumn: 'csv' in data ? data.label : null }
}

export function loadJobData({ parts, options }: JobData): Promise<SplitDataset> {
  return loadSplit(parts, options, readPartFile)
}

const GZIP_MAGIC = [0x1f, 0x8b]

/** Size, hash and whether it is compressed (told from its first bytes, not from its name). `key` is named in errors. */
export async function describeFile(location: string, key: string): Promise<{ location: string; sha256: string; bytes: number; gzip: boolean }> {
  try {
    if (!(await stat(location)).isFile()) throw Object.assign(new Error('not a file'), { code: 'EISDIR' })
    const hash = createHash('sha256')
    let bytes = 0
    let gzip = false
    for await (const chunk of createReadStream(location) as AsyncIterable<Buffer>) {
      if (bytes === 0) gzip = GZIP_MAGIC.every((byte, i) => chunk[i] === byte)
      hash.update(chunk)
      bytes += chunk.byteLength
    }
    return { location, sha256: hash.digest('hex'), bytes, gzip }
  } catch (cause) {
    throw unreadable(`${key}: ${location}`, cause)
  }
}
