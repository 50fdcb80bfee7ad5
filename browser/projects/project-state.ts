/**
 * The project that is open: name, notes, its jobs, and whether there is anything that was not saved. One per page;
 * survives a reload (sessionStorage), except the handle of its file, which only lasts as long as the page.
 */
import type { DraftStore, KeptText } from '../jobs/draft-store.ts'
import { jobOfSpec } from '../jobs/job-of-spec.ts'
import type { JsonObject } from '../jobs/paths.ts'
import type { Settings } from '../session/settings.ts'
import type { Session } from '../session/types.ts'
import { Store } from '../state/store.ts'
import { type ProjectJob, readProject, writeProject } from './project-file.ts'

export interface ProjectState {
  readonly name: string
  readonly notes: string
  readonly jobs: readonly ProjectJob[]
  /** What it was when it was saved or opened last; compared to know what is unsaved. */
  readonly saved: string
}

const KEY = 'cyxwiz.project'
const UNTITLED = 'Untitled'

type SessionPart = Pick<Session, 'settings' | 'changeSettings'>

export class CurrentProject extends Store<ProjectState> {
  readonly #draft: DraftStore
  readonly #kept: KeptText | null
  #last: { readonly parts: readonly unknown[]; readonly text: string } = { parts: [], text: '' }

  constructor(draft: DraftStore, kept: KeptText | null = null) {
    super(restored(kept) ?? { name: UNTITLED, notes: '', jobs: [], saved: '' })
    this.#draft = draft
    this.#kept = kept
    if (this.value.saved === '') this.#put({ saved: this.#contents() })
  }

  /** Something would be lost if the page were closed now. */
  get unsaved(): boolean {
    return this.#contents() !== this.value.saved
  }

  get untitled(): boolean {
    return this.value.name === UNTITLED
  }

  rename(name: string): void {
    this.#put({ name: name.trim() === '' ? UNTITLED : name.trim().slice(0, 200) })
  }

  setNotes(notes: string): void {
    this.#put({ notes })
  }

  /** A job of this project was submitted, or taken in from the mesh. */
  addJob(jobId: string, job: JsonObject): void {
    if (this.value.jobs.some((known) => known.jobId === jobId)) return
    this.#put({ jobs: [...this.value.jobs, { jobId, job, weights: null }] })
  }

  /** From the mesh, where this tab knows the spec. */
  addFrom(session: Pick<Session, 'spec'>, jobId: string): boolean {
    const spec = session.spec(jobId)
    if (spec === null) return false
    this.addJob(jobId, jobOfSpec(spec).job)
    return true
  }

  removeJob(jobId: string | null): void {
    this.#put({ jobs: this.value.jobs.filter((job) => job.jobId !== jobId) })
  }

  setWeights(jobId: string, weights: ProjectJob['weights']): void {
    this.#put({ jobs: this.value.jobs.map((job) => (job.jobId === jobId ? { ...job, weights } : job)) })
  }

  start(firstJob: JsonObject): void {
    this.#draft.replace(firstJob, { view: 'presets' })
    this.#put({ name: UNTITLED, notes: '', jobs: [] })
    this.markSaved()
  }

  /** The whole file; reading it back gives the same project. */
  write(session: SessionPart, savedAt: Date): string {
    const { name, notes, jobs } = this.value
    const { xAxis, smoothing, logX, logY, theme, reducedMotion, singleKeyShortcuts } = session.settings.value
    return writeProject({
      name,
      notes,
      jobs: [...jobs],
      savedAt: savedAt.toISOString(),
      draft: this.#draft.value.job,
      settings: { theme, reducedMotion, singleKeyShortcuts },
      layout: { charts: { xAxis, smoothing, logX, logY } },
    })
  }

  /** Throws a `ProjectError` before anything is changed; returns the way back. */
  open(text: string, fileName: string, session: SessionPart): () => void {
    const project = readProject(text, fileName)
    const before = { state: this.value, draft: this.#draft.value, settings: session.settings.value }
    if (project.draft !== null) this.#draft.replace(project.draft)
    const change: Partial<Settings> = { ...project.settings, ...project.layout.charts }
    session.changeSettings(change)
    this.#put({ name: project.name, notes: project.notes, jobs: project.jobs })
    this.markSaved()
    return () => {
      this.#draft.restore(before.draft)
      session.changeSettings(Object.fromEntries(Object.keys(change).map((key) => [key, before.settings[key as keyof Settings]])))
      this.#put(before.state)
    }
  }

  /** Back to an earlier state, for undo. */
  restore(state: ProjectState): void {
    this.#put(state)
  }

  markSaved(): void {
    this.#put({ saved: this.#contents() })
  }

  /** Asked with every rendering of the menu: made anew only when something changed. */
  #contents(): string {
    const { name, notes, jobs } = this.value
    const { job: draft, text } = this.#draft.value
    const parts = [name, notes, jobs, draft, text]
    if (!parts.every((part, i) => part === this.#last.parts[i])) this.#last = { parts, text: JSON.stringify(parts) }
    return this.#last.text
  }

  #put(change: Partial<ProjectState>): void {
    this.set({ ...this.value, ...change })
    try {
      this.#kept?.setItem(KEY, JSON.stringify(this.value))
    } catch {
      // A full or forbidden storage loses the project's name on reload only.
    }
  }
}

function restored(kept: KeptText | null): ProjectState | null {
  try {
    const { name, notes, jobs, saved } = JSON.parse(kept?.getItem(KEY) ?? '') as ProjectState
    // Through the reader of files: whatever stands there is either a project or nothing.
    const checked = readProject(writeProject({ name, notes, jobs: [...jobs], savedAt: '', draft: null, settings: {}, layout: { charts: {} } }), KEY)
    return { name, notes, jobs: checked.jobs, saved: String(saved) }
  } catch {
    return null
  }
}
