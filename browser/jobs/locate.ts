/**
 * A draft's files, found and named by their content. Refuses what is not there, is empty or too large, at the key that
 * names it.
 */
import { KNOWN_DATASETS, knownDataset } from '../../kernels/data/catalogue.ts'
import type { DataPart } from '../../kernels/data/types.ts'
import { dataFilesOf, type LocatedFile, type LocatedJob, loadOptionsOf, type NamedFile } from '../../protocol/jobs/prepare.ts'
import type { JobFile } from '../../protocol/jobs/spec.ts'
import type { BlobDigest, DigestOptions } from './digest.ts'
import { DraftError } from './draft-error.ts'

/** A tab reads a file whole to check it; more than this does not fit beside everything else. */
export const MAX_FILE_BYTES = 512 * 1024 * 1024

export type Files = Readonly<Record<string, Blob>>
export type Digester = (blob: Blob, options: DigestOptions) => Promise<BlobDigest>

/** Everything a job names itself, the weights to start from included. */
export function filesOfJob(job: Pick<JobFile, 'data' | 'init'>): NamedFile[] {
  return [...dataFilesOf(job.data), ...(job.init === null ? [] : [{ key: 'init', path: job.init }])]
}

export function fileAt(files: Files, { key, path }: NamedFile): Blob {
  const blob = Object.hasOwn(files, path) ? files[path] : undefined
  if (blob === undefined) throw new DraftError('BAD_SPEC', key, path === '' ? 'choose a file' : `choose the file "${path}"`)
  if (blob.size === 0) throw new DraftError('BAD_SPEC', key, `the file "${path}" is empty`)
  if (blob.size > MAX_FILE_BYTES) {
    throw new DraftError(
      'BAD_SPEC',
      key,
      `the file "${path}" has ${blob.size} bytes, a tab takes at most ${MAX_FILE_BYTES}; submit larger ones with "cyxwiz submit"`,
    )
  }
  return blob
}

export async function locateJob(
  job: JobFile,
  files: Files,
  digest: Digester,
  { signal, onProgress }: { signal?: AbortSignal; onProgress?: (text: string, fraction: number) => void } = {},
): Promise<LocatedJob> {
  const describe = async (file: NamedFile): Promise<BlobDigest & LocatedFile> => {
    const blob = fileAt(files, file)
    const found = await digest(blob, { signal, onProgress: (fraction) => onProgress?.(`Reading ${file.path}`, fraction) })
    return { location: file.path, ...found }
  }
  const { data } = job
  const options = loadOptionsOf(job)
  const named = dataFilesOf(data)
  const parts: DataPart[] = []
  for (const file of named) parts.push({ role: file.role, format: file.format, ...(await describe(file)) })
  const init = job.init === null ? null : await describe({ key: 'init', path: job.init })
  if ('dataset' in data) {
    const known = datasetAt(data.dataset)
    const parts = known.parts.map(({ file: _file, ...part }) => part)
    return { job, init, data: { parts, options, dataset: known.name, label: known.name, labelColumn: null } }
  }
  const label = (named[0]?.path ?? '').split(/[\\/]/).at(-1) ?? ''
  return { job, init, data: { parts, options, dataset: null, label, labelColumn: 'csv' in data ? data.label : null } }
}

export function datasetAt(name: string) {
  const known = knownDataset(name)
  if (known === null) {
    const names = KNOWN_DATASETS.map((dataset) => dataset.name).join(', ')
    throw new DraftError('BAD_SPEC', 'data.dataset', `there is no data set "${name}"; there are: ${names}`)
  }
  return known
}
