/**
 * Recent projects: names, and the handles of their files where the browser has such things; else the text itself, so that
 * a project can be opened again without being found on the disk first. Kept in this browser only.
 */
import { openPageStore, type PageStore } from '../store/index.ts'
import { type FileHandle, isFileHandle } from './file-access.ts'

export interface Recent {
  readonly id: string
  readonly name: string
  readonly changedAtMs: number
  /** Null: only the text is kept. */
  readonly handle: FileHandle | null
  readonly text: string | null
}

export async function listRecent(): Promise<readonly Recent[]> {
  return withStore(async ({ projects }) =>
    (await projects.list()).map(({ id, name, changedAtMs, content }) => ({
      id,
      name,
      changedAtMs,
      handle: isFileHandle(content) ? content : null,
      text: typeof content === 'string' ? content : null,
    })),
  )
}

export async function remember(name: string, content: FileHandle | string): Promise<void> {
  const id = typeof content === 'string' ? `text:${name}` : `file:${content.name}`
  await withStore(({ projects }) => projects.put({ id, name, content, changedAtMs: Date.now() }))
}

export async function forget(id: string): Promise<void> {
  await withStore(({ projects }) => projects.delete(id))
}

/** Opened for the moment: the menu is used now and then, and a tab may be asked to close its databases. */
async function withStore<T>(work: (store: PageStore) => Promise<T>): Promise<T> {
  const store = await openPageStore()
  try {
    return await work(store)
  } finally {
    store.close()
  }
}
