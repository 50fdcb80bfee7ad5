/**
 * Debian packages for set-up: as root, or through a sudo that asks nothing. Adds one apt source when a package is only
 * in Debian's backports suite, with the mirror's address taken from the machine's own sources, and takes it away
 * again when it is of no use. Refuses to act on a machine without apt or without the right to install.
 *
 * Functions that read text are pure and tested; `apt-get` itself is only ever started from here.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { say } from './report.mjs'
import { reasonOf, run, which } from './shell.mjs'

const UPDATE_LIMIT_MS = 180_000
const DOWNLOAD_LIMIT_MS = 600_000
/** Unpacking is local work; ending dpkg half-way leaves a broken machine, so this limit is a last resort. */
const UNPACK_LIMIT_MS = 600_000
const QUERY_LIMIT_MS = 20_000
/** `sudo -n true` answers at once, or hangs on a broken name service. */
const SUDO_LIMIT_MS = 5_000

const NETWORK_OPTIONS = ['-o', 'Acquire::http::Timeout=20', '-o', 'Acquire::https::Timeout=20', '-o', 'Acquire::Retries=2']
/** Someone else's apt (unattended-upgrades on a new machine) may hold the lock for a while. */
const LOCK_OPTIONS = ['-o', 'DPkg::Lock::Timeout=180']

export const BACKPORTS_FILE = '/etc/apt/sources.list.d/cyxwiz-backports.sources'

/**
 * @typedef {object} AptSource
 * @property {string} uri
 * @property {string} suite
 * @property {string[]} components
 * @property {Record<string, string>} options deb822 spelling of the fields to carry over (`Signed-By`, `Trusted`, …)
 */

const CARRIED_FIELDS = ['Signed-By', 'Trusted', 'Architectures', 'Check-Valid-Until', 'Allow-Insecure']

/**
 * Reads deb822 (`*.sources`) text.
 * @param {string} text
 * @returns {AptSource[]}
 */
export function parseDeb822(text) {
  /** @type {AptSource[]} */
  const sources = []
  for (const block of text.split(/\n[ \t]*\n/)) {
    /** @type {Record<string, string>} */
    const fields = {}
    let last = ''
    for (const line of block.split('\n')) {
      if (line.startsWith('#') || line.trim() === '') continue
      const continued = /^[ \t]/.test(line)
      const colon = line.indexOf(':')
      if (continued && last !== '') fields[last] += `\n${line}`
      else if (colon > 0) {
        last = line.slice(0, colon).trim().toLowerCase()
        fields[last] = line.slice(colon + 1).trim()
      }
    }
    if ((fields.enabled ?? 'yes').toLowerCase() === 'no') continue
    /** @param {string} name */
    const words = (name) => (fields[name] ?? '').split(/\s+/).filter((word) => word !== '')
    if (!words('types').includes('deb')) continue
    /** @type {Record<string, string>} */
    const options = {}
    for (const name of CARRIED_FIELDS) {
      const value = fields[name.toLowerCase()]
      if (value !== undefined) options[name] = value
    }
    for (const uri of words('uris')) {
      for (const suite of words('suites')) sources.push({ uri, suite, components: words('components'), options })
    }
  }
  return sources
}

/**
 * Reads one-line (`sources.list`) text: `deb [signed-by=/a b=c] http://host/debian bookworm main`.
 * @param {string} text
 * @returns {AptSource[]}
 */
export function parseOneLine(text) {
  /** @type {AptSource[]} */
  const sources = []
  for (const raw of text.split('\n')) {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s*(.*)$/.exec(raw.replace(/#.*$/, ''))
    if (match === null) continue
    /** @type {Record<string, string>} */
    const options = {}
    for (const option of (match[1] ?? '').split(/\s+/)) {
      const [key = '', value] = option.split('=', 2)
      const spelled = key.toLowerCase() === 'arch' ? 'architectures' : key.toLowerCase()
      const field = CARRIED_FIELDS.find((name) => name.toLowerCase() === spelled)
      if (field !== undefined && value !== undefined) options[field] = value.replaceAll(',', ' ')
    }
    const [, , uri = '', suite = '', components = ''] = match
    sources.push({ uri, suite, components: components.split(/\s+/).filter((word) => word !== ''), options })
  }
  return sources
}

/**
 * The text of a backports source beside the machine's own one for its release, or null when it has none.
 * @param {readonly AptSource[]} sources
 * @param {string} codename `bookworm`
 */
export function backportsSource(sources, codename) {
  const own = sources.find((source) => source.suite === codename && source.components.includes('main'))
  if (own === undefined) return null
  const lines = [
    '# Written by the set-up of CyxWiz: software Vulkan from Debian backports. Nothing is upgraded from here unasked.',
    'Types: deb',
    `URIs: ${own.uri}`,
    `Suites: ${codename}-backports`,
    'Components: main',
  ]
  for (const [name, value] of Object.entries(own.options)) lines.push(`${name}: ${value}`)
  return `${lines.join('\n')}\n`
}

/** The same as one line for a person to add, or null. @param {string} codename */
export function backportsLine(codename) {
  const own = machineSources().find((source) => source.suite === codename && source.components.includes('main'))
  if (own === undefined) return null
  const key = own.options['Signed-By']
  const option = key?.startsWith('/') ? ` [signed-by=${key}]` : ''
  return `deb${option} ${own.uri} ${codename}-backports main`
}

/**
 * The versions that `apt-cache policy NAME` lists, the candidate first.
 * @param {string} text
 * @returns {{ installed: string | null, candidate: string | null, versions: string[] }}
 */
export function parsePolicy(text) {
  /** @param {string} label */
  const word = (label) => {
    const value = new RegExp(`^\\s*${label}:\\s*(\\S+)`, 'm').exec(text)?.[1]
    return value === undefined || value === '(none)' ? null : value
  }
  const versions = [...text.matchAll(/^(?: \*\*\*| {4}) (\S+) -?\d+$/gm)].map((match) => match[1] ?? '')
  return { installed: word('Installed'), candidate: word('Candidate'), versions }
}

/**
 * Whether a Debian version of Mesa is at least `major.minor`.
 * @param {string} version `25.0.7-2~bpo12+1`
 * @param {readonly [number, number]} least
 */
export function isAtLeast(version, least) {
  const match = /^(?:\d+:)?(\d+)\.(\d+)/.exec(version)
  if (match === null) return false
  const [major, minor] = [Number(match[1]), Number(match[2])]
  return major > least[0] || (major === least[0] && minor >= least[1])
}

/** All sources the machine has. Unreadable files count for nothing. */
function machineSources() {
  /** @param {string} path */
  const read = (path) => {
    try {
      return readFileSync(path, 'utf8')
    } catch {
      return ''
    }
  }
  const folder = '/etc/apt/sources.list.d'
  const names = existsSync(folder) ? readdirSync(folder).sort() : []
  const oneLine = ['/etc/apt/sources.list', ...names.filter((name) => name.endsWith('.list')).map((name) => join(folder, name))]
  const deb822 = names.filter((name) => name.endsWith('.sources')).map((name) => join(folder, name))
  return [...deb822.flatMap((path) => parseDeb822(read(path))), ...oneLine.flatMap((path) => parseOneLine(read(path)))]
}

/** `{ id: 'debian', codename: 'bookworm' }`, empty strings where unknown. */
export function linuxRelease() {
  let text = ''
  try {
    text = readFileSync('/etc/os-release', 'utf8')
  } catch {
    // not a Linux that tells
  }
  /** @param {string} name */
  const field = (name) => new RegExp(`^${name}="?([^"\n]*)"?$`, 'm').exec(text)?.[1] ?? ''
  return { id: field('ID'), codename: field('VERSION_CODENAME') }
}

/**
 * How root commands are started here: `[]` as root, `['sudo', '-n']`, or null when we may not.
 * @type {string[] | null | undefined}
 */
let elevation
async function elevate() {
  if (elevation !== undefined) return elevation
  elevation = null
  if (process.getuid?.() === 0) elevation = []
  else if (which('sudo') !== null && (await run('sudo', ['-n', 'true'], { timeoutMs: SUDO_LIMIT_MS })).ok) elevation = ['sudo', '-n']
  return elevation
}

/** Whether set-up may install Debian packages here; the reason when not. */
export async function aptState() {
  if (process.platform !== 'linux' || which('apt-get') === null) return { usable: false, why: 'there is no apt on this machine' }
  if ((await elevate()) === null) {
    const sudo = which('sudo') === null ? 'there is no sudo' : 'sudo asks for a password'
    return { usable: false, why: `installing needs root, and ${sudo} here` }
  }
  return { usable: true, why: '' }
}

/** @param {readonly string[]} args @param {number} timeoutMs @param {string} [label] */
async function asRoot(args, timeoutMs, label) {
  const prefix = (await elevate()) ?? []
  const [command = '', ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', ...args]
  return run(command, rest, { timeoutMs, label })
}

/** @param {readonly string[]} args @param {number} timeoutMs @param {string} label */
const aptGet = (args, timeoutMs, label) => asRoot(['apt-get', '-q', '-y', ...NETWORK_OPTIONS, ...LOCK_OPTIONS, ...args], timeoutMs, label)

/** @param {string} name */
export async function policy(name) {
  const result = await run('apt-cache', ['policy', name], {
    timeoutMs: QUERY_LIMIT_MS,
    env: { ...process.env, LC_ALL: 'C' },
  })
  return parsePolicy(result.stdout)
}

let updated = false
/** What the last refresh complained about: `apt-get update` calls it a success when a mirror did not answer. */
let complaint = ''

/** Refreshes the package lists, once per run. Resolves to the reason of a failure, or null. */
export async function update() {
  if (updated) return null
  say('refreshing the package lists (apt-get update)')
  const result = await aptGet(['update'], UPDATE_LIMIT_MS, 'apt-get update')
  updated = result.ok
  complaint = /^(?:W: Failed|E:) .*$/m.exec(result.stderr)?.[0] ?? ''
  return result.ok ? null : reasonOf(result)
}

/** Why a package may be unknown although the lists were refreshed: ` (…)`, or nothing. */
export const updateComplaint = () => (complaint === '' ? '' : ` (${complaint.slice(0, 200)})`)

/**
 * Installs one package. Resolves to the reason of a failure, or null.
 * @param {string} name
 * @param {{ suite?: string }} [options] `suite`: take it, and what it needs, from this suite
 */
export async function install(name, { suite } = {}) {
  const args = ['install', '--no-install-recommends', ...(suite === undefined ? [] : ['-t', suite]), name]
  say(`installing the Debian package ${name}${suite === undefined ? '' : ` from ${suite}`}`)
  let fetched = await aptGet([...args, '--download-only'], DOWNLOAD_LIMIT_MS, `downloading ${name}`)
  if (!fetched.ok && !updated) {
    // Lists older than the mirror's contents answer 404: refresh them and try once more.
    const failure = await update()
    if (failure !== null) return failure
    fetched = await aptGet([...args, '--download-only'], DOWNLOAD_LIMIT_MS, `downloading ${name}`)
  }
  if (!fetched.ok) return reasonOf(fetched)
  const done = await aptGet(args, UNPACK_LIMIT_MS, `unpacking ${name}`)
  return done.ok ? null : reasonOf(done)
}

/**
 * Makes the backports suite of this Debian release known to apt. Resolves to the reason of a failure, or null.
 * @param {string} codename
 */
export async function addBackports(codename) {
  const sources = machineSources()
  if (sources.some((source) => source.suite === `${codename}-backports`)) return update()
  const text = backportsSource(sources, codename)
  if (text === null) return `no apt source for ${codename} main was found to take the mirror's address from`
  say(`adding the ${codename}-backports suite (${BACKPORTS_FILE})`)
  const written = await asRoot(['sh', '-c', `umask 022; printf '%s' "$1" > "$2"`, 'sh', text, BACKPORTS_FILE], QUERY_LIMIT_MS)
  if (!written.ok) return reasonOf(written)
  updated = false
  const failure = await update()
  if (failure !== null) await removeBackports()
  return failure
}

/** Takes our source away again, after it turned out to be of no use. */
export async function removeBackports() {
  if (existsSync(BACKPORTS_FILE)) await asRoot(['rm', '-f', BACKPORTS_FILE], QUERY_LIMIT_MS)
}
