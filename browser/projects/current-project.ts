/** The one project of this page. */
import { currentDraft, keptText } from '../jobs/current-draft.ts'
import { CurrentProject } from './project-state.ts'

let current: CurrentProject | null = null

export function currentProject(): CurrentProject {
  current ??= new CurrentProject(currentDraft(), keptText())
  return current
}
