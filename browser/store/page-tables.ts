/**
 * What the page keeps for the person: settings, recent meshes, drafts of jobs, recent projects and totals of what was
 * contributed per day. Small rows with a key each. What an older or newer page has left there is read with care: unknown
 * keys are dropped, missing ones get their default.
 */
import type { Table } from 'dexie'
import { defaultSettings, type Settings } from '../session/settings.ts'
import type { ContributionTotals, JobDraft, JoinTarget, RecentMesh } from '../session/types.ts'
import type { PageDatabase, ValueRow } from './database.ts'
import { storeErrorOf } from './errors.ts'

/** Enough to choose from; more is a list nobody reads. Chosen by feel. */
const MAX_MESHES = 12
const MAX_DRAFTS = 20
const MAX_PROJECTS = 20

const SETTINGS_KEY = 'settings'

async function guarded<T>(what: string, work: PromiseLike<T>): Promise<T> {
  try {
    return await work
  } catch (error) {
    throw storeErrorOf(error, what)
  }
}

// ---- settings ----

export class SettingsTable {
  readonly #table: PageDatabase['settings']

  constructor(database: PageDatabase) {
    this.#table = database.settings
  }

  /** What was chosen, over the defaults. */
  async get(): Promise<Settings> {
    const row = await guarded('settings', this.#table.get(SETTINGS_KEY))
    return mergedSettings(row?.value)
  }

  async put(settings: Settings): Promise<void> {
    await guarded('settings', this.#table.put({ key: SETTINGS_KEY, value: settings, changedAtMs: Date.now() }))
  }
}

/** Keeps of `stored` what is a setting of this version and of the right type. */
export function mergedSettings(stored: unknown): Settings {
  if (typeof stored !== 'object' || stored === null) return defaultSettings
  const kept: Record<string, unknown> = {}
  for (const [key, fallback] of Object.entries(defaultSettings)) {
    const value: unknown = (stored as Record<string, unknown>)[key]
    if (value === undefined) continue
    // A setting whose default is null (no limit, no schedule) may be a number or a list.
    if (fallback === null ? value === null || typeof value === 'number' || Array.isArray(value) : typeof value === typeof fallback) kept[key] = value
  }
  return { ...defaultSettings, ...kept }
}

// ---- lists, the one changed last first ----

export interface ListOptions {
  readonly limit?: number
}

/** Rows by key, bounded: the ones changed longest ago go first. */
class RecentRows {
  readonly #table: Table<ValueRow, string>
  readonly #what: string
  readonly #limit: number

  constructor(table: Table<ValueRow, string>, what: string, limit: number) {
    this.#table = table
    this.#what = what
    this.#limit = limit
  }

  list(): Promise<ValueRow[]> {
    return guarded(this.#what, this.#table.orderBy('changedAtMs').reverse().toArray())
  }

  async get(key: string): Promise<ValueRow | null> {
    return (await guarded(this.#what, this.#table.get(key))) ?? null
  }

  async put(key: string, value: unknown, changedAtMs: number): Promise<void> {
    const table = this.#table
    const work = table.db.transaction('rw', table, async () => {
      await table.put({ key, value, changedAtMs })
      const all = await table.orderBy('changedAtMs').reverse().primaryKeys()
      await table.bulkDelete(all.filter((known) => known !== key).slice(this.#limit - 1))
    })
    await guarded(this.#what, work)
  }

  async delete(key: string): Promise<void> {
    await guarded(this.#what, this.#table.delete(key))
  }
}

export class MeshesTable {
  readonly #rows: RecentRows

  constructor(database: PageDatabase) {
    this.#rows = new RecentRows(database.meshes, 'recent meshes', MAX_MESHES)
  }

  async list(): Promise<RecentMesh[]> {
    return (await this.#rows.list()).map(({ value, changedAtMs }) => ({ ...(value as JoinTarget), lastUsedMs: changedAtMs }))
  }

  /** One entry per mesh; its addresses are replaced. */
  async put({ mesh, addresses, lastUsedMs }: RecentMesh): Promise<void> {
    await this.#rows.put(mesh, { mesh, addresses: [...addresses] }, lastUsedMs)
  }

  delete(mesh: string): Promise<void> {
    return this.#rows.delete(mesh)
  }
}

// ---- drafts ----

export interface StoredDraft {
  readonly key: string
  readonly draft: JobDraft
  readonly changedAtMs: number
}

/** Jobs being written, so that a reload loses nothing typed. The key is the caller's ("new", or the id of a clone). */
export class DraftsTable {
  readonly #rows: RecentRows

  constructor(database: PageDatabase) {
    this.#rows = new RecentRows(database.drafts, 'a draft of a job', MAX_DRAFTS)
  }

  async get(key: string): Promise<JobDraft | null> {
    return ((await this.#rows.get(key))?.value as JobDraft | undefined) ?? null
  }

  async put(key: string, draft: JobDraft): Promise<void> {
    await this.#rows.put(key, { job: draft.job, files: { ...draft.files } }, Date.now())
  }

  delete(key: string): Promise<void> {
    return this.#rows.delete(key)
  }

  async list(): Promise<StoredDraft[]> {
    return (await this.#rows.list()).map(({ key, value, changedAtMs }) => ({ key, draft: value as JobDraft, changedAtMs }))
  }
}

// ---- projects ----

/** A project opened or saved here. `content` is whatever the project pages can open again: its JSON text, a file handle. */
export interface RecentProject {
  readonly id: string
  readonly name: string
  readonly changedAtMs: number
  readonly content: unknown
}

export class ProjectsTable {
  readonly #rows: RecentRows

  constructor(database: PageDatabase) {
    this.#rows = new RecentRows(database.projects, 'recent projects', MAX_PROJECTS)
  }

  async list(): Promise<RecentProject[]> {
    return (await this.#rows.list()).map(({ key, value, changedAtMs }) => ({ id: key, ...(value as { name: string; content: unknown }), changedAtMs }))
  }

  /** `content` must be something that the browser can clone (JSON, Blob, file handle). */
  async put({ id, name, changedAtMs, content }: RecentProject): Promise<void> {
    await this.#rows.put(id, { name, content }, changedAtMs)
  }

  delete(id: string): Promise<void> {
    return this.#rows.delete(id)
  }
}

// ---- contributions ----

const NOTHING: ContributionTotals = { samples: 0, rounds: 0, bytesSent: 0, bytesReceived: 0, gpuSeconds: 0 }

export interface DayTotals extends ContributionTotals {
  readonly day: string
}

/** `2026-03-09` in the local time of this browser: a day is what the person calls one. */
export function dayOf(timeMs: number): string {
  const date = new Date(timeMs)
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`
}

export class ContributionsTable {
  readonly #table: PageDatabase['contributions']

  constructor(database: PageDatabase) {
    this.#table = database.contributions
  }

  /** Adds what was done since the last call; gives the day's new totals. */
  async add(day: string, done: Partial<ContributionTotals>): Promise<ContributionTotals> {
    const table = this.#table
    const work = table.db.transaction('rw', table, async () => {
      const before = ((await table.get(day))?.value as ContributionTotals | undefined) ?? NOTHING
      const after = {
        samples: before.samples + (done.samples ?? 0),
        rounds: before.rounds + (done.rounds ?? 0),
        bytesSent: before.bytesSent + (done.bytesSent ?? 0),
        bytesReceived: before.bytesReceived + (done.bytesReceived ?? 0),
        gpuSeconds: before.gpuSeconds + (done.gpuSeconds ?? 0),
      }
      await table.put({ key: day, value: after, changedAtMs: Date.now() })
      return after
    })
    return guarded("the day's contribution", work)
  }

  async get(day: string): Promise<ContributionTotals> {
    const row = await guarded("the day's contribution", this.#table.get(day))
    return (row?.value as ContributionTotals | undefined) ?? NOTHING
  }

  /** Days with a contribution, the newest first. */
  async list({ limit = 366 }: ListOptions = {}): Promise<DayTotals[]> {
    const rows = await guarded('contributions', this.#table.orderBy('key').reverse().limit(limit).toArray())
    return rows.map(({ key, value }) => ({ day: key, ...(value as ContributionTotals) }))
  }
}
