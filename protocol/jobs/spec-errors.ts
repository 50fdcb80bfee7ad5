/**
 * Turns zod's report into one sentence that names the key: what it must be, and what it was. zod/mini carries no
 * messages of its own, so the wording lives here.
 */
import type * as z from 'zod/mini'
import { SpecError } from './errors.ts'

/** Values a later version will know: they get "not supported yet" instead of "unknown". */
const PLANNED: Readonly<Record<string, readonly string[]>> = {
  'sync.mode': ['diloco'],
}

type Issue = z.core.$ZodIssue

export function firstProblem(error: z.core.$ZodError, json: unknown, what: string): SpecError {
  return problemOf(deepest(error.issues), json, what)
}

/** One problem per place, in the schema's order. */
export function allProblems(error: z.core.$ZodError, json: unknown, what: string): SpecError[] {
  const byKey = new Map<string, SpecError>()
  for (const issue of error.issues) {
    const problem = problemOf(deepest([issue]), json, what)
    if (!byKey.has(problem.key)) byKey.set(problem.key, problem)
  }
  return [...byKey.values()]
}

function problemOf(issue: Issue, json: unknown, what: string): SpecError {
  const key = pathOf(issue.path)
  const value = valueAt(json, issue.path)
  if (issue.code === 'unrecognized_keys') {
    const name = issue.keys[0] ?? ''
    const full = key === '' ? name : `${key}.${name}`
    return new SpecError('UNKNOWN_KEY', full, `${full}: unknown key in the ${what}`)
  }
  const where = key === '' ? what : key
  if (value === undefined && issue.code !== 'invalid_union') {
    return new SpecError('BAD_SPEC', key, `${where}: missing${expectation(issue)}`)
  }
  const planned = PLANNED[key.replace(/\[\d+\]/g, '[]')]
  if (typeof value === 'string' && planned?.includes(value)) {
    return new SpecError('UNSUPPORTED', key, `${where}: ${show(value)} is not supported by this version${expectation(issue)}`)
  }
  return new SpecError('BAD_SPEC', key, `${where}:${expectation(issue).replace(/^,/, '')}, got ${show(value)}`)
}

/**
 * Inside a union, the branch that got furthest says most: an error about a key beats "no branch fits". An unknown key
 * comes before a missing one, which is often the same key misspelt.
 */
function deepest(issues: readonly Issue[]): Issue {
  const first = issues.find((issue) => issue.code === 'unrecognized_keys') ?? (issues[0] as Issue)
  if (first.code !== 'invalid_union' || first.errors.length === 0) return first
  let best: { issue: Issue; rank: number } | undefined
  for (const branch of first.errors) {
    if (branch.length === 0) continue
    const inner = deepest(branch)
    const issue = { ...inner, path: [...first.path, ...inner.path] } as Issue
    const candidate = { issue, rank: rank(issue, branch.length) }
    if (best === undefined || candidate.rank > best.rank) best = candidate
  }
  return best !== undefined && best.rank > first.path.length ? best.issue : first
}

function rank(issue: Issue, siblings: number): number {
  const missing = issue.code === 'invalid_type' && issue.input === undefined ? -0.5 : 0
  const unknown = issue.code === 'unrecognized_keys' ? 0.9 : 0
  return issue.path.length + missing + unknown - (siblings - 1) * 0.6
}

function expectation(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `, must be ${article(issue.expected)}`
    case 'too_small':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `, must have at least ${issue.minimum} ${issue.origin === 'array' ? 'entries' : 'characters'}`
        : `, must be ${issue.inclusive ? 'at least' : 'above'} ${issue.minimum}`
    case 'too_big':
      return issue.origin === 'array' || issue.origin === 'string'
        ? `, must have at most ${issue.maximum} ${issue.origin === 'array' ? 'entries' : 'characters'}`
        : `, must be ${issue.inclusive ? 'at most' : 'below'} ${issue.maximum}`
    case 'invalid_value':
      return `, must be ${issue.values.map((value) => show(value)).join(' or ')}`
    case 'invalid_union': {
      const options = 'options' in issue && Array.isArray(issue.options) ? issue.options : []
      return options.length > 0 ? `, must be one of ${options.map((value) => show(value)).join(', ')}` : ', does not fit any allowed form'
    }
    case 'invalid_format':
      return `, must match ${'pattern' in issue ? String(issue.pattern) : issue.format}`
    default:
      return `, is not valid (${issue.code})`
  }
}

function article(type: string): string {
  const word = type === 'int' ? 'integer' : type
  return /^[aeiou]/.test(word) ? `an ${word}` : `a ${word}`
}

function pathOf(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) text += typeof part === 'number' ? `[${part}]` : `${text === '' ? '' : '.'}${String(part)}`
  return text
}

function valueAt(json: unknown, path: readonly PropertyKey[]): unknown {
  let value = json
  for (const part of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = (value as Record<PropertyKey, unknown>)[part]
  }
  return value
}

function show(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : typeof value === 'object' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 77)}…` : text
}
