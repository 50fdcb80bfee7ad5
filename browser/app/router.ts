/**
 * Where the page is, from the hash: which page, with which parts. Hashes because the same build lies at any path of any
 * static host, and because a fragment is never sent to a server (join links carry addresses).
 */
export const PAGES = ['jobs', 'new-job', 'contribute', 'peers', 'compare', 'log', 'settings', 'job', 'try'] as const
export type PageName = (typeof PAGES)[number]

export interface Route {
  readonly page: PageName
  /** Parts behind the page's name. */
  readonly params: readonly string[]
}

export type Place = { readonly kind: 'page'; readonly route: Route } | { readonly kind: 'join' } | { readonly kind: 'unknown'; readonly hash: string }

export const HOME: Route = { page: 'jobs', params: [] }

export const PAGE_TITLES: Readonly<Record<PageName, string>> = {
  jobs: 'Jobs',
  'new-job': 'New job',
  contribute: 'Contribute',
  peers: 'Peers',
  compare: 'Compare',
  log: 'Log',
  settings: 'Settings',
  job: 'Job',
  try: 'Try the model',
}

const isPage = (name: string): name is PageName => (PAGES as readonly string[]).includes(name)

export function placeOf(hash: string): Place {
  const path = hash.replace(/^#?\/?/, '')
  if (path === '') return { kind: 'page', route: HOME }
  if (/^join(\?|$)/.test(path)) return { kind: 'join' }
  const [name = '', ...rest] = (path.split('?')[0] ?? '').split('/')
  if (!isPage(name)) return { kind: 'unknown', hash }
  return { kind: 'page', route: { page: name, params: rest.filter((part) => part !== '').map(decoded) } }
}

export function hrefOf(page: PageName, ...params: readonly string[]): string {
  // Commas stay: `#/compare/a,b` is for people to read.
  return `#/${[page, ...params.map((part) => encodeURIComponent(part).replaceAll('%2C', ','))].join('/')}`
}

/** Two routes show the same page element: going from one to the other keeps what it holds. */
export const samePage = (a: Route, b: Route): boolean => a.page === b.page

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part // a broken escape is a part like any other: the page will say that it knows no such job
  }
}
