/**
 * What a mesh of hundreds and thousands costs each peer, in virtual time:
 *
 *   npm run sim:scale                                 100, 1,000 and 5,000 peers, as a table
 *   npm run sim:scale -- --peers 200 --seed 7 --json  one mesh, every figure
 */
import { parseArgs } from 'node:util'
import { signJob } from '../specs.ts'
import { measure, type RoleFigures, type ScaleFigures } from './measure.ts'

const JOBS = 3
const MEMBERS = 8

const { values } = parseArgs({
  options: {
    peers: { type: 'string', default: '100,1000,5000' },
    seed: { type: 'string', default: '1' },
    json: { type: 'boolean', default: false },
  },
})

function fail(text: string): never {
  console.error(text)
  process.exit(2)
}

function whole(text: string, option: string, least: number): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < least) fail(`--${option}: must be a whole number of at least ${least}, got ${text}`)
  return value
}

const sizes = values.peers.split(',').map((text) => whole(text, 'peers', 2 * MEMBERS))
const seed = whole(values.seed, 'seed', 0)
const jobs = await Promise.all(Array.from({ length: JOBS }, (_, i) => signJob(i + 1, { peers: { min: MEMBERS, max: MEMBERS } })))
const all: ScaleFigures[] = []
for (const size of sizes) {
  const startedAt = performance.now()
  const figures = measure(size, seed, jobs, MEMBERS)
  all.push(figures)
  // The next size may take ten times as long: what is known is said at once.
  const { idle, assignedMs, failover } = figures
  const learner = `${rates(idle.learner, 'messages', 1)} messages and ${rates(idle.learner, 'bytes', 1024)} KiB a second and learner`
  const took = ((performance.now() - startedAt) / 1000).toFixed(0)
  console.error(
    `${size} peers in ${took} s: ${learner}, assigned in ${assignedMs.map(time).join(', ')} ms, next coordinator followed in ${time(failover.allMs)} ms`,
  )
}
console.log(values.json ? JSON.stringify(all) : table(all))
process.exitCode = all.some(({ falselyLeft, incomplete }) => falselyLeft + incomplete > 0) ? 1 : 0

function table(figures: readonly ScaleFigures[]): string {
  const rows: [string, (one: ScaleFigures) => string][] = [
    ['connections, mean / most', ({ connections }) => `${connections.mean.toFixed(0)} / ${connections.max}`],
    ...(['learner', 'voter', 'coordinator'] as const).flatMap((role): [string, (one: ScaleFigures) => string][] => [
      [`${role}, messages a second`, ({ idle }) => rates(idle[role], 'messages', 1)],
      [`${role}, KiB a second`, ({ idle }) => rates(idle[role], 'bytes', 1024)],
    ]),
    ['submitted → all members assigned, ms', ({ assignedMs }) => assignedMs.map(time).join(', ')],
    ['coordinator dead → next one decides, ms', ({ failover }) => time(failover.electedMs)],
    ['… half / all of the mesh follow it, ms', ({ failover }) => `${time(failover.halfMs)} / ${time(failover.allMs)}`],
    ['taken for gone by mistake', ({ falselyLeft }) => String(falselyLeft)],
  ]
  const head = ['', ...figures.map(({ peers }) => `${peers.toLocaleString('en')} peers`)]
  const lines = rows.map(([name, cell]) => [name, ...figures.map(cell)])
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map((_, i) => (i === 0 ? '---' : '---:'))), ...lines.map(line)].join('\n')
}

/** Of many peers: mean, 99th of a hundred, most. */
function rates({ peers, all: { messages, bytes } }: RoleFigures, what: 'messages' | 'bytes', unit: number): string {
  const { mean, p99, max } = what === 'messages' ? messages : bytes
  const text = (value: number): string => (value / unit).toFixed(value / unit < 100 ? 1 : 0)
  return peers < 10 ? text(mean) : `${text(mean)} (p99 ${text(p99)}, max ${text(max)})`
}

function time(ms: number | null): string {
  return ms === null ? 'none' : ms.toFixed(0)
}
