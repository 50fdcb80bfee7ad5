/**
 * A Chromium for the browser tests: the one that `CHROMIUM_PATH` names, one that is installed, or Debian's package.
 */
import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import * as apt from './apt.mjs'
import { say } from './report.mjs'
import { run, which } from './shell.mjs'

const VERSION_LIMIT_MS = 20_000
const NAMES = ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome', 'chrome', 'microsoft-edge']

/** Places outside PATH where installers put it. */
function places() {
  if (process.platform === 'darwin') {
    return ['/Applications', join(homedir(), 'Applications')].flatMap((folder) => [
      join(folder, 'Google Chrome.app/Contents/MacOS/Google Chrome'),
      join(folder, 'Chromium.app/Contents/MacOS/Chromium'),
    ])
  }
  if (process.platform === 'win32') {
    const roots = [process.env.ProgramFiles, process.env['ProgramFiles(x86)'], process.env.LOCALAPPDATA]
    return roots.filter((root) => root !== undefined).map((root) => join(root, 'Google/Chrome/Application/chrome.exe'))
  }
  return ['/usr/lib/chromium/chromium', '/opt/google/chrome/chrome']
}

/** Full path of a Chromium, or null. What `CHROMIUM_PATH` names is taken as it is. */
export function findChromium() {
  const asked = process.env.CHROMIUM_PATH
  if (asked !== undefined && asked !== '') return existsSync(asked) ? asked : null
  for (const name of NAMES) {
    const path = which(name)
    if (path !== null) return path
  }
  return places().find((path) => existsSync(path)) ?? null
}

/** @returns {Promise<{ path: string | null, problems: import('./report.mjs').Problem[] }>} */
export async function ensureChromium() {
  let path = findChromium()
  let why = ''
  if (path === null && process.env.CHROMIUM_PATH) why = `CHROMIUM_PATH names ${process.env.CHROMIUM_PATH}, which is not there`
  else if (path === null) {
    const state = await apt.aptState()
    // Ubuntu's package of this name is an empty one that asks for a snap.
    if (!state.usable || apt.linuxRelease().id !== 'debian') why = state.why || 'only Debian has it as a package that set-up can install'
    else {
      const failure = (await apt.policy('chromium')).candidate === null ? await apt.update() : null
      why = failure ?? (await apt.install('chromium')) ?? ''
      path = findChromium()
    }
  }
  if (path !== null) {
    const version = await run(path, ['--version'], { timeoutMs: VERSION_LIMIT_MS })
    if (version.ok || process.platform === 'win32') {
      say(`browser for tests: ${version.stdout.trim() || path}`)
      return { path, problems: [] }
    }
    why = `${path} does not start`
  }
  return {
    path: null,
    problems: [
      {
        what: 'No Chromium: the browser tests drive real tabs.',
        why: `Set-up could not provide one: ${why}.`,
        commands: {
          'Debian, Raspberry Pi OS': 'sudo apt-get update && sudo apt-get install chromium',
          Ubuntu: 'sudo snap install chromium',
          Fedora: 'sudo dnf install chromium',
          macOS: 'brew install --cask google-chrome',
          Windows: 'winget install Google.Chrome',
          'any other place': 'CHROMIUM_PATH=/path/to/chromium, in front of the command',
        },
      },
    ],
  }
}
