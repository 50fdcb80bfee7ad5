/**
 * `cyxwiz bench WHAT`: measurements of this machine. Each has a command of its own below `bench`, with its options; every
 * one checks that what it timed was right before it tells a figure. Those of the contract that this version does not have
 * are refused by name.
 */
import { type Command, InvalidArgumentError } from 'commander'
import { type FailoverTable, measureFailover } from '../bench/failover.ts'
import { measureSubmit, type SubmitTable } from '../bench/submit.ts'
import { type CommonOptions, parseCount, withCommonOptions } from './args.ts'
import { registerKernelBenches } from './bench-kernels.ts'
import { loadText, type Machine, measured, say } from './measured.ts'
import { notInThisVersion } from './not-yet.ts'
import { type Output, runCommand } from './output.ts'

interface FailoverCommandOptions extends CommonOptions {
  readonly voters?: number[]
  readonly learners: number
  readonly kills: number
  readonly freezes: number
}

interface SubmitCommandOptions extends CommonOptions {
  readonly peers: number
  readonly runs: number
  readonly jobs: number
}

export function registerBench(program: Command): void {
  const bench = program.command('bench').description('measure this machine: matmul, step, failover, submit')
  withCommonOptions(bench.command('failover'))
    .description('peers of a temporary mesh on this machine lose their coordinator again and again: how long until all follow another one')
    .option('--voters <n>', 'size of the committee, 3 or 5; may be given several times (default: both)', parseVoters)
    .option('--learners <n>', 'further peers, which follow without a vote', parseNumber, 0)
    .option('--kills <n>', 'times the coordinator is killed (SIGKILL)', parseNumber, 30)
    .option('--freezes <n>', 'times the coordinator is frozen (SIGSTOP)', parseNumber, 30)
    .action((options: FailoverCommandOptions) => runCommand(options, (output) => failover(options, output)))
  withCommonOptions(bench.command('submit'))
    .description('a temporary mesh on this machine: how long a job takes from its submission until it runs, and who gets quick ones')
    .option('--peers <n>', 'peers of the mesh', parseCount, 3)
    .option('--runs <n>', 'jobs one after the other', parseCount, 10)
    .option('--jobs <n>', 'quick jobs at once, for one peer each', parseCount, 10)
    .action((options: SubmitCommandOptions) => runCommand(options, (output) => submit(options, output)))
  registerKernelBenches(bench)
  withCommonOptions(bench.command('collective', { hidden: true }))
    .description('not in this version')
    .allowUnknownOption()
    .allowExcessArguments()
    .action((options) =>
      runCommand(options, async () => {
        throw notInThisVersion('bench collective', '"cyxwiz bench failover" measures the mesh without training')
      }),
    )
}

async function failover(options: FailoverCommandOptions, output: Output): Promise<number> {
  return measured(async (signal, machine) => {
    const tables: FailoverTable[] = []
    for (const voters of options.voters ?? [3, 5]) tables.push(...(await measureFailover({ ...options, voters, signal, say })))
    output.result({ bench: 'failover', machine: machine(), results: tables }, textOf(tables, machine()))
  })
}

async function submit(options: SubmitCommandOptions, output: Output): Promise<number> {
  return measured(async (signal, machine) => {
    const table = await measureSubmit({ ...options, signal, say })
    output.result({ bench: 'submit', machine: machine(), results: table }, textOfSubmit(table, machine()))
  })
}

function textOfSubmit({ running, progress, spread }: SubmitTable, machine: Machine): string {
  const figures = [
    ['submit until', 'runs', 'min', 'median', 'p95', 'max'],
    ...([['running', running] as const, ['first steps', progress] as const] as const).map(([name, { count, minMs, medianMs, p95Ms, maxMs }]) => [
      name,
      count,
      ...[minMs, medianMs, p95Ms, maxMs].map((ms) => `${ms.toFixed(0)} ms`),
    ]),
  ].map((cells) => cells.map((cell, i) => String(cell).padStart(i === 0 ? 13 : 9)).join(''))
  const shares = spread.map(({ peerId, speed, jobs }) => `  ${peerId}  ${speed.toFixed(0)} samples/s  ${jobs} jobs`)
  return [...figures, 'quick jobs at once, by peer:', ...shares, loadText(machine)].join('\n')
}

function textOf(tables: readonly FailoverTable[], machine: Machine): string {
  const head = ['voters', 'fault', 'runs', 'min', 'median', 'p95', 'p99', 'max']
  const rows = tables.map(({ voters, fault, count, minMs, medianMs, p95Ms, p99Ms, maxMs }) => [
    voters,
    fault,
    count,
    ...[minMs, medianMs, p95Ms, p99Ms, maxMs].map((ms) => `${ms.toFixed(0)} ms`),
  ])
  const lines = [head, ...rows].map((cells) => cells.map((cell) => String(cell).padStart(9)).join(''))
  return `${lines.join('\n')}\nuntil the last survivor followed the new coordinator; ${loadText(machine)}`
}

function parseVoters(text: string, before: number[] = []): number[] {
  if (text !== '3' && text !== '5') throw new InvalidArgumentError('must be 3 or 5: a committee of one has nobody to take over.')
  return [...before, Number(text)]
}

function parseNumber(text: string): number {
  return text === '0' ? 0 : parseCount(text)
}
