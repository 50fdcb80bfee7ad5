/**
 * A project file (`.cyxwiz`): JSON with jobs as job files, how they were looked at, and notes. Weights lie beside it as
 * safetensors, known by name and hash.
 *
 * Files come from other people and older days: one that is damaged, of a newer version or of another program is refused
 * with the key or the place that is wrong, before anything is changed. What controls this computer (how much of its GPU is
 * given, when) is never part of a project.
 */
import * as z from 'zod/mini'
import { readJson } from '../jobs/json-text.ts'
import { isObject, type JsonObject } from '../jobs/paths.ts'

export const PROJECT_FORMAT = 'cyxwiz-project'
export const PROJECT_VERSION = 1
export const PROJECT_EXTENSION = '.cyxwiz'
/** A hundred jobs with long layer lists; weights are not in it. */
export const MAX_PROJECT_BYTES = 16 * 1024 * 1024

const MAX_JOBS = 1000
const text = (most: number) => z.string().check(z.maxLength(most))
/** Taken as it is: an unfinished job may be saved, and no key may get lost on the way. */
const jobObject = z.custom<JsonObject>(isObject, { error: 'must be an object' })
/** A name in the project's own folder: no way out of it. */
const fileName = z.string().check(
  z.minLength(1),
  z.maxLength(255),
  z.regex(/^[^/\\:*?"<>|]+$/),
  z.refine((name) => name !== '.' && name !== '..'),
)

const weights = z.strictObject({ file: fileName, sha256: z.string().check(z.regex(/^[0-9a-f]{64}$/)), bytes: z.int().check(z.gte(0)) })

const projectJob = z.strictObject({
  /** Null: written, never submitted. */
  jobId: z.nullable(text(200)),
  /** As a job file has it. */
  job: jobObject,
  weights: z.nullable(weights),
})

const charts = z.strictObject({
  xAxis: z.optional(z.enum(['step', 'samples', 'time'])),
  smoothing: z.optional(z.number().check(z.gte(0), z.lte(0.99))),
  logX: z.optional(z.boolean()),
  logY: z.optional(z.boolean()),
})

const settings = z.strictObject({
  theme: z.optional(z.enum(['system', 'light', 'dark', 'contrast'])),
  reducedMotion: z.optional(z.enum(['system', 'on', 'off'])),
  singleKeyShortcuts: z.optional(z.boolean()),
})

const projectFile = z.strictObject({
  format: z.literal(PROJECT_FORMAT),
  version: z.literal(PROJECT_VERSION),
  name: z.string().check(z.minLength(1), z.maxLength(200)),
  savedAt: text(40),
  jobs: z.array(projectJob).check(z.maxLength(MAX_JOBS)),
  /** The job being written when it was saved. */
  draft: z.nullable(jobObject),
  settings,
  layout: z.strictObject({ charts }),
  notes: text(100_000),
})

export type ProjectFile = z.infer<typeof projectFile>
export type ProjectJob = ProjectFile['jobs'][number]

export type ProjectErrorCode = 'TOO_LARGE' | 'NOT_JSON' | 'FOREIGN' | 'NEWER' | 'BAD_PROJECT'

export class ProjectError extends Error {
  readonly code: ProjectErrorCode
  /** The key that is wrong; null where it is the file as a whole. */
  readonly key: string | null

  constructor(code: ProjectErrorCode, message: string, key: string | null = null) {
    super(message)
    this.name = 'ProjectError'
    this.code = code
    this.key = key
  }
}

/** `name`: how messages call the file. Throws a `ProjectError`; changes nothing. */
export function readProject(textOfFile: string, name: string): ProjectFile {
  if (textOfFile.length > MAX_PROJECT_BYTES) throw new ProjectError('TOO_LARGE', `${name}: a project has at most ${MAX_PROJECT_BYTES} bytes`)
  const read = readJson(textOfFile)
  if (!read.ok) {
    const { line, column, message } = read.problem
    throw new ProjectError('NOT_JSON', `${name}: damaged at line ${line}, column ${column}: ${message}`)
  }
  const { value } = read
  const head = typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {}
  if (head.format !== PROJECT_FORMAT)
    throw new ProjectError('FOREIGN', `${name}: this is no CyxWiz project (its "format" is not "${PROJECT_FORMAT}")`, 'format')
  const { version } = head
  if (typeof version === 'number' && version > PROJECT_VERSION) {
    throw new ProjectError(
      'NEWER',
      `${name}: it was saved by a newer CyxWiz (project version ${version}, this one reads ${PROJECT_VERSION}). Reload the page or update the peer that serves it`,
      'version',
    )
  }
  const result = projectFile.safeParse(value)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  const path = pathOf(issue?.path ?? [])
  if (issue?.code === 'unrecognized_keys') {
    const key = path === '' ? (issue.keys[0] ?? '') : `${path}.${issue.keys[0]}`
    throw new ProjectError('BAD_PROJECT', `${name}: ${key}: unknown key`, key)
  }
  const expected =
    issue?.code === 'invalid_type' ? `must be ${issue.expected}` : issue?.code === 'custom' && issue.message !== '' ? issue.message : 'is not valid'
  throw new ProjectError('BAD_PROJECT', `${name}: ${path === '' ? 'the file' : path}: ${expected}`, path)
}

export function writeProject(project: Omit<ProjectFile, 'format' | 'version'>): string {
  // Checked on the way out too: what is saved can be opened.
  const whole = projectFile.parse({ format: PROJECT_FORMAT, version: PROJECT_VERSION, ...project })
  return `${JSON.stringify(whole, null, 2)}\n`
}

/** A file name for people: letters, digits, dots and dashes of any language; never empty. */
export function fileNameOf(name: string, extension: string): string {
  const safe = name.replace(/[^\p{L}\p{N}._-]+/gu, '-').replace(/^[-.]+|[-.]+$/g, '')
  return `${safe === '' ? 'project' : safe.slice(0, 80)}${extension}`
}

function pathOf(path: readonly PropertyKey[]): string {
  return path.reduce<string>((all, part) => (typeof part === 'number' ? `${all}[${part}]` : `${all}${all === '' ? '' : '.'}${String(part)}`), '')
}
