/**
 * What belongs to the page and not to a peer: settings, recent meshes, metrics, drafts, projects, totals. One per site,
 * whatever meshes are joined; all tabs read and write it.
 */
import { type DatabaseSurroundings, type NoticeListener, openDatabase, PageDatabase } from './database.ts'
import type { MetricChunkStore } from './metric-chunks.ts'
import { MetricTable, type MetricTableOptions } from './metric-table.ts'
import { ContributionsTable, DraftsTable, MeshesTable, ProjectsTable, SettingsTable } from './page-tables.ts'

export interface PageStore {
  readonly settings: SettingsTable
  readonly meshes: MeshesTable
  readonly drafts: DraftsTable
  readonly projects: ProjectsTable
  readonly contributions: ContributionsTable
  readonly metrics: MetricChunkStore & { clear(): Promise<void> }
  /** Idempotent. */
  close(): void
}

export interface OpenPageStoreOptions extends MetricTableOptions {
  readonly onNotice?: NoticeListener
  readonly signal?: AbortSignal
  readonly surroundings?: DatabaseSurroundings
}

/** Fails with a `StoreError` that says why (UNWRITABLE in some private modes, NEWER_SCHEMA, QUOTA). */
export async function openPageStore(options: OpenPageStoreOptions = {}): Promise<PageStore> {
  const { onNotice = () => {}, signal, surroundings } = options
  const database = new PageDatabase(surroundings)
  await openDatabase(database, { what: 'the storage of this page', onNotice, signal })
  const locks = surroundings === undefined ? (globalThis.navigator?.locks ?? null) : null
  const metrics = new MetricTable(database, { locks, ...options })
  return {
    settings: new SettingsTable(database),
    meshes: new MeshesTable(database),
    drafts: new DraftsTable(database),
    projects: new ProjectsTable(database),
    contributions: new ContributionsTable(database),
    metrics,
    close() {
      metrics.close()
      database.close()
    },
  }
}
