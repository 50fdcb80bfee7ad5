/**
 * `cyxwiz bench WHAT`: measurements of this machine. Each has a command of its own below `bench`, with its options; every
 * one checks that what it timed was right before it tells a figure. Those of the contract that this version does not have
 * are refused by name.
 */
import { cpus, loadavg } from 'node:os'
import { type Command, InvalidArgumentError } from 'commander'
import { type FailoverTable, measureFailover } from '../bench/failover.ts'
import { type CommonOptions, parseCount, withCommonOptions } from './args.ts'
import { EXIT_FAILED } from './errors.ts'
import { notInThisVersion } from './not-yet.ts'
import { type Output, runCommand } from './output.ts'

interface FailoverCommandOptions extends CommonOptions {
  readonly voters?: number[]
  readonly learners: number
  readonly kills: number
  readonly freezes: number
}

const NOT_YET: readonly (readonly [name: string, instead: string])[] = [
  ['matmul', '"npm run bench" compares a training step with tfjs'],
  ['step', '"npm run bench" compares a training step with tfjs'],
  ['collective', '"cyxwiz bench failover" measures the mesh without training'],
]

export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure this machine: failover')
  withCommonOptions(bench.command('failover'))
    .description('peers of a temporary mesh on this machine lose their coordinator again and again: how long until all follow another one')
    .option('--voters <n>', 'size of the committee, 3 or 5; may be given several times (default: both)', parseVoters)
    .option('--learners <n>', 'further peers, which follow without a vote', parseNumber, 0)
    .option('--kills <n>', 'times the coordinator is killed (SIGKILL)', parseNumber, 30)
    .option('--freezes <n>', 'times the coordinator is frozen (SIGSTOP)', parseNumber, 30)
    .action((options: FailoverCommandOptions) => runCommand(options, (output) => failover(options, output)))
  for (const [name, instead] of NOT_YET) {
    withCommonOptions(bench.command(name, { hidden: true }))
      .description('not in this version')
      .allowUnknownOption()
      .allowExcessArguments()
      .action((options) =>
        runCommand(options, async () => {
          throw notInThisVersion(`bench ${name}`, instead)
        }),
      )
  }
}

async function failover(options: FailoverCommandOptions, output: Output): Promise<number> {
  const interrupt = new AbortController()
  const onSignal = (): void => interrupt.abort(Object.assign(new Error('interrupted'), { code: 'INTERRUPTED' }))
  for (const signal of SIGNALS) process.once(signal, onSignal)
  const tables: FailoverTable[] = []
  const loadBefore = loadavg()
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`)
  }
  try {
    for (const voters of options.voters ?? [3, 5]) {
      tables.push(...(await measureFailover({ ...options, voters, signal: interrupt.signal, say })))
    }
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT_FAILED
    throw error
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
  }
  const machine = { cores: cpus().length, node: process.versions.node, loadBefore: rounded(loadBefore), loadAfter: rounded(loadavg()) }
  output.result({ bench: 'failover', machine, results: tables }, textOf(tables, machine))
  return 0
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

const rounded = (load: readonly number[]): number[] => load.map((value) => Math.round(value * 100) / 100)

function textOf(tables: readonly FailoverTable[], { cores, loadBefore, loadAfter }: { cores: number; loadBefore: number[]; loadAfter: number[] }): string {
  const head = ['voters', 'fault', 'runs', 'min', 'median', 'p95', 'p99', 'max']
  const rows = tables.map(({ voters, fault, count, minMs, medianMs, p95Ms, p99Ms, maxMs }) => [
    voters,
    fault,
    count,
    ...[minMs, medianMs, p95Ms, p99Ms, maxMs].map((ms) => `${ms.toFixed(0)} ms`),
  ])
  const lines = [head, ...rows].map((cells) => cells.map((cell) => String(cell).padStart(9)).join(''))
  const machine = `${cores} cores, load ${loadBefore[0]} at the start and ${loadAfter[0]} at the end`
  return `${lines.join('\n')}\nuntil the last survivor followed the new coordinator; ${machine}`
}

function parseVoters(text: string, before: number[] = []): number[] {
  if (text !== '3' && text !== '5') throw new InvalidArgumentError('must be 3 or 5: a committee of one has nobody to take over.')
  return [...before, Number(text)]
}

function parseNumber(text: string): number {
  return text === '0' ? 0 : parseCount(text)
}
