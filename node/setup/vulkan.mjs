/**
 * A driver that Dawn accepts. macOS and Windows bring theirs; Linux needs Vulkan: the GPU maker's driver, or Mesa's
 * software one (lavapipe), at least 23.1 because Dawn refuses older ones (Debian 12's own 22.3 among them). The only
 * proof that counts is an adapter from Dawn itself, asked for in a child process.
 */
import { existsSync, readdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import * as apt from './apt.mjs'
import { say } from './report.mjs'
import { reasonOf, run } from './shell.mjs'

const PROBE_LIMIT_MS = 60_000
/** First Mesa whose lavapipe Dawn 0.6.2 takes (measured: 22.3 refused, 25.0 accepted; 23.1 by the missing feature). */
const LEAST_MESA = /** @type {const} */ ([23, 1])
/** koffi only reads NVIDIA's memory counters. */
const OPTIONAL_NATIVES = ['koffi']
const PACKAGE = 'mesa-vulkan-drivers'
const ICD_FOLDERS = ['/usr/share/vulkan/icd.d', '/usr/local/share/vulkan/icd.d', '/etc/vulkan/icd.d']

/** Every Vulkan driver manifest on this machine, full paths. */
export function driverManifests() {
  return ICD_FOLDERS.flatMap((folder) => {
    if (!existsSync(folder)) return []
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .sort()
      .map((name) => join(folder, name))
  })
}

/** Changes when a driver is installed, removed or updated, or when another one is asked for by environment. */
export function driverFingerprint() {
  const files = driverManifests().map((path) => `${path}@${statSync(path).mtimeMs}`)
  const asked = ['VK_DRIVER_FILES', 'VK_ICD_FILENAMES', 'VK_ADD_DRIVER_FILES'].map((name) => process.env[name] ?? '')
  return [process.platform, process.arch, ...files, ...asked].join('|')
}

/** The GPU hardware of this Linux machine, as far as the kernel tells without any tool. */
export function hardware() {
  return {
    nvidia: existsSync('/proc/driver/nvidia/version') || existsSync('/dev/nvidia0') || existsSync('/dev/dxg'),
    render: existsSync('/dev/dri') && readdirSync('/dev/dri').some((name) => name.startsWith('render')),
  }
}

/**
 * @typedef {object} Probe
 * @property {{ vendor: string, architecture: string, description: string } | null} adapter
 * @property {Record<string, string | null>} natives error by package name
 * @property {string | null} error
 */

/** @param {Record<string, string>} env @returns {Promise<Probe>} */
async function probe(env) {
  const script = join(dirname(fileURLToPath(import.meta.url)), 'probe.mjs')
  const result = await run(process.execPath, [script], { timeoutMs: PROBE_LIMIT_MS, env: { ...process.env, ...env } })
  try {
    return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '')
  } catch {
    return { adapter: null, natives: {}, error: `the driver ended the process: ${reasonOf(result)}` }
  }
}

/**
 * Asks Dawn for an adapter with the machine's drivers as they are, then, on Linux, with the software driver alone
 * (a broken GPU driver beside it can spoil the first try).
 * @returns {Promise<Probe & { env: Record<string, string> }>}
 */
async function findAdapter() {
  const plain = await probe({})
  if (plain.adapter !== null || process.platform !== 'linux') return { ...plain, env: {} }
  for (const path of driverManifests().filter((name) => /\/lvp_icd[^/]*\.json$/.test(name))) {
    const env = { VK_DRIVER_FILES: path, VK_ICD_FILENAMES: path }
    const software = await probe(env)
    if (software.adapter !== null) return { ...software, env }
  }
  return { ...plain, env: {} }
}

/**
 * Installs lavapipe. Resolves to the reason why it could not, or null.
 * @returns {Promise<string | null>}
 */
async function installSoftwareDriver() {
  const state = await apt.aptState()
  if (!state.usable) return state.why
  let known = await apt.policy(PACKAGE)
  if (known.candidate === null) {
    const failure = await apt.update()
    if (failure !== null) return failure
    known = await apt.policy(PACKAGE)
  }
  if (known.installed !== null && !apt.isAtLeast(known.installed, LEAST_MESA) && hardware().render) {
    // A desktop's graphics driver is not ours to replace unasked.
    return `Mesa ${known.installed} drives this machine's graphics, so set-up did not replace it`
  }
  if (known.candidate !== null && apt.isAtLeast(known.candidate, LEAST_MESA)) return apt.install(PACKAGE)
  const { id, codename } = apt.linuxRelease()
  if (id !== 'debian' || codename === '') return `the newest ${PACKAGE} here is ${known.candidate ?? 'none'}, Dawn needs 23.1${apt.updateComplaint()}`
  const failure = await apt.addBackports(codename)
  if (failure !== null) return failure
  const { versions } = await apt.policy(PACKAGE)
  if (!versions.some((version) => apt.isAtLeast(version, LEAST_MESA))) {
    await apt.removeBackports()
    const offered = versions.join(', ') || 'nothing'
    return `neither ${codename} nor ${codename}-backports offers Mesa 23.1, but ${offered}${apt.updateComplaint()}`
  }
  return apt.install(PACKAGE, { suite: `${codename}-backports` })
}

/** What to type for a Vulkan driver, by system; shown by set-up and by `cyxwiz doctor`. */
export function vulkanCommands() {
  const { id, codename } = apt.linuxRelease()
  const line = id === 'debian' && codename === 'bookworm' ? apt.backportsLine(codename) : null
  const enable = line === null ? '(with the bookworm-backports suite enabled)' : `echo "${line}" | sudo tee /etc/apt/sources.list.d/backports.list &&`
  return {
    'Debian 12': `${enable} sudo apt-get update && sudo apt-get install -t bookworm-backports mesa-vulkan-drivers`,
    'Debian 13, Ubuntu 22.04 or newer': 'sudo apt-get update && sudo apt-get install mesa-vulkan-drivers',
    Fedora: 'sudo dnf install mesa-vulkan-drivers vulkan-loader',
    'NVIDIA on Linux': "NVIDIA's own driver with its Vulkan part (in a container: NVIDIA_DRIVER_CAPABILITIES=all)",
    macOS: 'softwareupdate --install --recommended    (Metal is part of macOS; few virtual machines have it)',
    Windows: "winget upgrade --all    (Direct3D 12 is part of Windows; it needs the GPU maker's current driver)",
  }
}

/**
 * @typedef {object} DriverOutcome
 * @property {Probe['adapter']} adapter
 * @property {Record<string, string>} env what later processes need in their environment
 * @property {import('./report.mjs').Problem[]} problems
 */

/** @returns {Promise<DriverOutcome>} */
export async function ensureDriver() {
  say('asking for a GPU adapter')
  let found = await findAdapter()
  let why = found.error ?? 'no driver on this machine offers one that Dawn accepts'
  if (found.adapter === null && process.platform === 'linux') {
    say(hardware().nvidia ? 'no usable Vulkan driver for the NVIDIA GPU; installing the software one' : 'no usable Vulkan driver')
    const failure = await installSoftwareDriver()
    if (failure === null) found = await findAdapter()
    why = failure ?? found.error ?? 'the software driver was installed, and Dawn still finds no adapter'
  }
  const problems = []
  for (const [name, error] of Object.entries(found.natives)) {
    if (error === null) continue
    if (OPTIONAL_NATIVES.includes(name)) {
      say(`the native package ${name} does not load; CyxWiz does without (${error})`)
      continue
    }
    problems.push({
      what: `The native package ${name} does not load: ${error}`,
      why: `It ships ready-made for Linux (glibc), macOS and Windows on x64 and arm64; this is ${process.platform}-${process.arch}.`,
      commands: { 'all systems': 'rm -rf node_modules && npm ci' },
    })
  }
  if (found.adapter === null) {
    problems.push({
      what: 'No GPU adapter: training runs on WebGPU, which needs a graphics driver (a software one will do).',
      why: `Set-up could not provide one: ${why}.`,
      commands: vulkanCommands(),
    })
  } else {
    say(`adapter: ${[found.adapter.vendor, found.adapter.description].filter((word) => word !== '').join(', ')}`)
  }
  return { adapter: found.adapter, env: found.env, problems }
}
