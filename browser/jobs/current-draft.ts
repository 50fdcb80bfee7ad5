/** The one draft of this page: the form writes it, projects save and restore it. */
import { DraftStore } from './draft-store.ts'
import { PRESETS } from './presets.ts'

let current: DraftStore | null = null

export function currentDraft(): DraftStore {
  current ??= new DraftStore(PRESETS[0]?.job ?? {}, keptText())
  return current
}

/** Null in windows that forbid storage. */
export function keptText(): Storage | null {
  try {
    return sessionStorage
  } catch {
    return null
  }
}
