/**
 * Set-up: checks that this machine can run CyxWiz, mends what it can, and says in one message what it cannot and why.
 *
 *   node node/setup/run.mjs [--need driver,data,dashboard,chromium] [--then COMMAND ARGS…]
 *
 * Called by `npm run demo`, `npm test` and `npm run setup`. Plain JavaScript without dependencies: on a fresh clone it
 * runs before `node_modules` exists. A second run finds its notes, asks nothing and changes nothing. Progress goes to
 * stderr. CYXWIZ_SETUP=off goes straight to the command.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ensureChromium } from './chromium.mjs'
import { dashboardReady, ensureDashboard } from './dashboard.mjs'
import { dependenciesReady, ensureDependencies } from './dependencies.mjs'
import { ensureFashion, findFashion } from './fashion.mjs'
import { exclusively } from './lock.mjs'
import { nodeProblems } from './node-version.mjs'
import { ROOT } from './paths.mjs'
import { problemMessage, say } from './report.mjs'
import { recall, remember } from './stamp.mjs'
import { runThen } from './then.mjs'
import { driverFingerprint, ensureDriver } from './vulkan.mjs'

const NEEDS = ['driver', 'data', 'dashboard', 'chromium']

/** @typedef {import('./report.mjs').Problem} Problem */

/** Changes with anything that could make an adapter found earlier not be found now. */
function driverKey() {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules', 'webgpu', 'package.json'), 'utf8'))
  return [process.version, version, driverFingerprint()].join('|')
}

const chromiumKey = () => [process.env.PATH, process.env.CHROMIUM_PATH].join('|')

/** A browser found earlier, unless it was taken away since. */
function knownChromium() {
  const known = recall('chromium', chromiumKey())
  return known !== null && existsSync(known.path) ? known : null
}

/**
 * @param {ReadonlySet<string>} needs
 * @returns {Promise<{ problems: Problem[], env: Record<string, string> }>}
 */
async function setUp(needs) {
  const problems = await ensureDependencies()
  if (problems.length > 0) return { problems, env: {} }
  /** @type {Record<string, string>} */
  const env = {}
  if (needs.has('driver')) {
    const known = recall('driver', driverKey())
    const outcome = known ?? (await ensureDriver())
    problems.push(...outcome.problems)
    Object.assign(env, outcome.env)
    if (known === null && outcome.problems.length === 0) remember('driver', driverKey(), outcome)
  }
  if (needs.has('data') && findFashion() === null) {
    // Offline machines fail slowly: once an hour is often enough.
    const hour = new Date().toISOString().slice(0, 13)
    const known = recall('data', hour)
    const why = known ?? (await ensureFashion()).why
    if (why !== null) {
      if (known === null) remember('data', hour, why)
      say(`Fashion-MNIST is not here, the bundled data set "digits" takes its place (${why})`)
    }
  }
  if (needs.has('dashboard')) await ensureDashboard()
  if (needs.has('chromium')) {
    const known = knownChromium()
    const outcome = known ?? (await ensureChromium())
    problems.push(...outcome.problems)
    if (outcome.path !== null) {
      env.CHROMIUM_PATH = outcome.path
      if (known === null) remember('chromium', chromiumKey(), outcome)
    }
  }
  return { problems, env }
}

/** Whether nothing is left to install, as far as can be told without asking anybody. @param {ReadonlySet<string>} needs */
function allKnown(needs) {
  if (!dependenciesReady()) return false
  const missing =
    (needs.has('driver') && recall('driver', driverKey()) === null) ||
    (needs.has('data') && findFashion() === null) ||
    (needs.has('dashboard') && !dashboardReady()) ||
    (needs.has('chromium') && knownChromium() === null)
  return !missing
}

/**
 * What was typed: `--need LIST`, `--chromium`, `--then COMMAND…`.
 * @param {readonly string[]} argv
 */
function parse(argv) {
  const split = argv.indexOf('--then')
  const command = split < 0 ? null : argv.slice(split + 1)
  const needs = new Set(['driver', 'data', 'dashboard'])
  const own = split < 0 ? [...argv] : argv.slice(0, split)
  for (let word = own.shift(); word !== undefined; word = own.shift()) {
    if (word === '--chromium') needs.add('chromium')
    else if (word === '--need') {
      needs.clear()
      for (const need of (own.shift() ?? '').split(',')) if (need !== '') needs.add(need)
    } else throw new Error(`"${word}" is not an option (known: --need ${NEEDS.join(',')}, --chromium, --then COMMAND)`)
  }
  for (const need of needs) {
    if (!NEEDS.includes(need)) throw new Error(`--need: "${need}" is not one of ${NEEDS.join(', ')}`)
  }
  // A demo told to use another data set does not need this one.
  const dataset = command?.indexOf('--dataset') ?? -1
  if (dataset >= 0 && command?.[dataset + 1] !== 'fashion-mnist') needs.delete('data')
  return { needs, command }
}

async function main() {
  const { needs, command } = parse(process.argv.slice(2))
  /** @type {Record<string, string>} */
  let env = {}
  if (process.env.CYXWIZ_SETUP !== 'off') {
    const problems = nodeProblems(process.versions.node)
    if (problems.length === 0) {
      const outcome = await (allKnown(needs) ? setUp(needs) : exclusively(() => setUp(needs)))
      problems.push(...outcome.problems)
      env = outcome.env
    }
    if (problems.length > 0) {
      process.stderr.write(problemMessage(problems))
      return 1
    }
    if (command === null) say('ready')
  }
  return command === null ? 0 : runThen(command, env)
}

try {
  process.exitCode = await main()
} catch (error) {
  process.stderr.write(`setup: ${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
