/**
 * Project files: round trips, and what damaged, newer and foreign ones get.
 */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DraftStore } from '../../../../browser/jobs/draft-store.ts'
import { PRESETS } from '../../../../browser/jobs/presets.ts'
import { fileNameOf, ProjectError, readProject, writeProject } from '../../../../browser/projects/project-file.ts'
import { CurrentProject } from '../../../../browser/projects/project-state.ts'
import { defaultSettings, type Settings } from '../../../../browser/session/settings.ts'
import { Store } from '../../../../browser/state/store.ts'

const job = PRESETS[1]?.job ?? {}
const example = {
  name: 'Clothes',
  savedAt: '2026-03-01T10:00:00.000Z',
  jobs: [{ jobId: 'abc', job, weights: { file: 'clothes-abc.safetensors', sha256: 'a'.repeat(64), bytes: 10 } }],
  draft: null,
  settings: { theme: 'dark' as const },
  layout: { charts: { smoothing: 0.5, logY: true } },
  notes: 'first try',
}

function fakeSession() {
  const settings = new Store<Settings>(defaultSettings)
  return { settings, changeSettings: (change: Partial<Settings>) => settings.update((value) => ({ ...value, ...change })) }
}

function refusal(text: string): ProjectError {
  try {
    readProject(text, 'x.cyxwiz')
  } catch (error) {
    if (error instanceof ProjectError) return error
    throw error
  }
  throw new Error('was taken')
}

describe('a project file', () => {
  it('reads back what was written', () => {
    expect(readProject(writeProject(example), 'x.cyxwiz')).toEqual({ format: 'cyxwiz-project', version: 1, ...example })
  })

  it('holds any job and any text', () => {
    const jobs = fc.dictionary(fc.string(), fc.jsonValue())
    fc.assert(
      fc.property(jobs, fc.string({ maxLength: 1000 }), fc.string({ minLength: 1, maxLength: 200 }), (any, notes, name) => {
        const plain = JSON.parse(JSON.stringify(any)) as Record<string, never>
        const project = { ...example, name, notes, jobs: [{ jobId: null, job: plain, weights: null }], draft: plain }
        expect(readProject(writeProject(project), 'x').jobs[0]?.job).toEqual(plain)
      }),
      { numRuns: 100 },
    )
  })

  it.each<[string, (json: Record<string, unknown>) => unknown, string, RegExp, string | null]>([
    ['another program’s JSON', () => ({ name: 'x' }), 'FOREIGN', /no CyxWiz project/, 'format'],
    ['a list', () => [1], 'FOREIGN', /no CyxWiz project/, 'format'],
    ['a newer version', (json) => ({ ...json, version: 2, more: 1 }), 'NEWER', /newer CyxWiz \(project version 2, this one reads 1\)/, 'version'],
    ['a version that is no number', (json) => ({ ...json, version: 'one' }), 'BAD_PROJECT', /version/, 'version'],
    ['a missing key', ({ notes: _notes, ...json }) => json, 'BAD_PROJECT', /notes: must be string/, 'notes'],
    ['an unknown key', (json) => ({ ...json, extra: 1 }), 'BAD_PROJECT', /extra: unknown key/, 'extra'],
    [
      'a job that is no object',
      (json) => ({ ...json, jobs: [{ jobId: null, job: 5, weights: null }] }),
      'BAD_PROJECT',
      /jobs\[0\]\.job: must be/,
      'jobs[0].job',
    ],
    [
      'weights outside its folder',
      (json) => ({ ...json, jobs: [{ ...example.jobs[0], weights: { ...example.jobs[0]?.weights, file: '../../etc/passwd' } }] }),
      'BAD_PROJECT',
      /weights\.file/,
      'jobs[0].weights.file',
    ],
    [
      'a setting that gives the GPU away',
      (json) => ({ ...json, settings: { dutyPercent: 100 } }),
      'BAD_PROJECT',
      /settings\.dutyPercent: unknown key/,
      'settings.dutyPercent',
    ],
    [
      'a smoothing above its range',
      (json) => ({ ...json, layout: { charts: { smoothing: 1 } } }),
      'BAD_PROJECT',
      /layout\.charts\.smoothing/,
      'layout.charts.smoothing',
    ],
  ])('is refused with the key that is wrong: %s', (_what, damage, code, message, key) => {
    const error = refusal(JSON.stringify(damage(JSON.parse(writeProject(example)) as Record<string, unknown>)))
    expect(error).toMatchObject({ code, key, message: expect.stringMatching(message) })
  })

  it('is refused at the line where its text ends too early', () => {
    const text = writeProject(example)
    expect(refusal(text.slice(0, text.length / 2))).toMatchObject({
      code: 'NOT_JSON',
      message: expect.stringMatching(/^x\.cyxwiz: damaged at line \d+, column \d+/),
    })
    expect(refusal('')).toMatchObject({ code: 'NOT_JSON' })
    expect(refusal('\u0000PNG')).toMatchObject({ code: 'NOT_JSON' })
  })

  it('never fails in another way, whatever is done to it', () => {
    const text = writeProject(example)
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(40), fc.string({ maxLength: 8 }), (at, cut, extra) => {
        const damaged = text.slice(0, at) + extra + text.slice(at + cut)
        try {
          readProject(damaged, 'x')
        } catch (error) {
          expect(error).toBeInstanceOf(ProjectError)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('gets a file name that every system takes', () => {
    expect(fileNameOf('Clothes, deeper: 2/3', '.cyxwiz')).toBe('Clothes-deeper-2-3.cyxwiz')
    expect(fileNameOf('../..', '.cyxwiz')).toBe('project.cyxwiz')
    expect(fileNameOf('Über Größe', '.x')).toBe('Über-Größe.x')
  })
})

describe('the open project', () => {
  const memory = () => {
    const map = new Map<string, string>()
    return { getItem: (key: string) => map.get(key) ?? null, setItem: (key: string, value: string) => void map.set(key, value) }
  }

  it('knows what is unsaved', () => {
    const draft = new DraftStore(job)
    const project = new CurrentProject(draft)
    expect(project.unsaved).toBe(false)
    draft.setAt('batchSize', 7)
    expect(project.unsaved).toBe(true)
    project.markSaved()
    expect(project.unsaved).toBe(false)
    project.addJob('id', job)
    expect(project.unsaved).toBe(true)
  })

  it('is the same after saving and opening', () => {
    const session = fakeSession()
    const draft = new DraftStore(job)
    const project = new CurrentProject(draft)
    project.rename('Clothes')
    project.setNotes('note')
    project.addJob('id', job)
    session.changeSettings({ logY: true, theme: 'dark', dutyPercent: 5 })
    const text = project.write(session, new Date(0))

    const other = fakeSession()
    const otherDraft = new DraftStore({})
    const opened = new CurrentProject(otherDraft)
    const undo = opened.open(text, 'clothes.cyxwiz', other)
    expect(opened.value).toMatchObject({ name: 'Clothes', notes: 'note', jobs: [{ jobId: 'id', job, weights: null }] })
    expect(otherDraft.value.job).toEqual(job)
    expect(other.settings.value).toMatchObject({ logY: true, theme: 'dark', dutyPercent: defaultSettings.dutyPercent })
    expect(opened.unsaved).toBe(false)
    undo()
    expect(opened.value.name).toBe('Untitled')
    expect(otherDraft.value.job).toEqual({})
    expect(other.settings.value).toEqual(defaultSettings)
  })

  it('loses nothing when a file cannot be opened', () => {
    const session = fakeSession()
    const draft = new DraftStore(job)
    const project = new CurrentProject(draft)
    project.rename('Mine')
    draft.setText('{ half typed')
    const before = [project.value, draft.value, session.settings.value]
    expect(() => project.open('{"format":"cyxwiz-project","version":9}', 'new.cyxwiz', session)).toThrow(ProjectError)
    expect([project.value, draft.value, session.settings.value]).toEqual(before)
  })

  it('survives a reload, and starts anew where what was kept is damaged', () => {
    const kept = memory()
    const project = new CurrentProject(new DraftStore(job), kept)
    project.rename('Kept')
    project.addJob('id', job)
    expect(new CurrentProject(new DraftStore(job), kept).value).toMatchObject({ name: 'Kept', jobs: [{ jobId: 'id' }] })
    for (const damaged of ['', '{', '{"name":5}', '{"name":"x","notes":"","jobs":[{"job":1}]}']) {
      expect(new CurrentProject(new DraftStore(job), { getItem: () => damaged, setItem: () => undefined }).value.name).toBe('Untitled')
    }
  })
})
