/**
 * `npm run demo`, `cyxwiz demo`: three peers as separate processes on this machine find each other, elect a coordinator
 * and train a model on real images together. Loopback only, in a mesh of its own; everything is temporary.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { CyxEvent } from '../../protocol/events/types.ts'
import { type CommonOptions, parseCount, withCommonOptions } from '../cli/args.ts'
import { EXIT_FAILED, EXIT_OK } from '../cli/errors.ts'
import { readJobFile } from '../cli/jobfile.ts'
import { type Output, runCommand } from '../cli/output.ts'
import { specOfJob } from '../cli/spec-of-job.ts'
import { listDatasets } from '../data/datasets.ts'
import { Cluster } from './cluster.ts'
import { follow } from './follow.ts'

interface DemoOptions extends CommonOptions {
  readonly once?: boolean
  readonly peers: number
  readonly dataset?: string
  readonly epochs?: number
}

interface DemoJob {
  readonly inputs: number
  readonly hidden: number
  readonly epochs: number
}

const JOBS: Readonly<Record<string, DemoJob>> = {
  'fashion-mnist': { inputs: 784, hidden: 256, epochs: 2 },
  digits: { inputs: 64, hidden: 128, epochs: 20 },
}

export function registerDemo(program: Command): void {
  demoCommand(program.command('demo'))
}

export function demoCommand(command: Command): Command {
  return withCommonOptions(command)
    .description('three peers on this machine train a model on real images together; the dashboard shows it')
    .option('--once', 'end when the job is done, instead of keeping the peers running')
    .option('--peers <n>', 'number of peers', parseCount, 3)
    .option('--dataset <name>', `data set: ${Object.keys(JOBS).join(' or ')} (default: fashion-mnist where it is installed)`)
    .option('--epochs <n>', 'epochs to train', parseCount)
    .action((options: DemoOptions) => runCommand(options, (output) => demo(options, output)))
}

async function demo(options: DemoOptions, output: Output): Promise<number> {
  const say = (text: string): void => {
    process.stderr.write(`${text}\n`)
  }
  const { name, job } = chooseJob(options, say)
  const startedAt = performance.now()
  const { spec } = await demoSpec(name, job, options.epochs ?? job.epochs)
  let coordinator = ''
  const interrupt = new AbortController()
  const cluster = await Cluster.create({
    signal: interrupt.signal,
    logLevel: options.logLevel,
    onLog: (line, peer) => say(`${peer.name}: ${line}`),
    onEvent: (event, peer) => {
      if (event.event === 'peer.ready' || event.event === 'error') output.events.emit(event)
      if (event.event === 'coordinator.elected' && fenceOf(event) !== coordinator) {
        coordinator = fenceOf(event)
        output.events.emit(event)
        if (!output.json && event.peerId === peer.ready?.peerId) say(`${peer.name} coordinates`)
      }
    },
  })
  const onSignal = (): void => interrupt.abort(new Error('interrupted'))
  for (const signal of SIGNALS) process.once(signal, onSignal)
  try {
    say(`starting ${options.peers} peers`)
    for (let i = 0; i < options.peers; i++) {
      const peer = await cluster.add()
      say(`${peer.name}: process ${peer.process?.pid}, data in ${peer.dataDir}`)
      if (i === 0 && peer.ready?.http !== undefined) say(`dashboard: ${peer.ready.http}`)
    }
    await cluster.settled()
    const [first] = cluster.living
    if (first === undefined) throw new Error('all peers are gone')
    const { jobId } = await first.once('submit', { spec })
    const end = await follow(cluster, jobId, interrupt.signal, (event) => output.events.emit(event))
    if (end.result === null) {
      say(`the job ${end.state}${end.reason === null ? '' : `: ${end.reason}`}`)
      return EXIT_FAILED
    }
    if (!output.json) process.stdout.write(`accuracy ${(end.result.testAccuracy ?? Number.NaN).toFixed(4)}\n`)
    say(`done in ${((performance.now() - startedAt) / 1000).toFixed(1)} s`)
    if (options.once !== true) {
      say('the peers go on running; Ctrl-C ends them')
      await new Promise<void>((resolve) => interrupt.signal.addEventListener('abort', () => resolve(), { once: true }))
    }
    return EXIT_OK
  } catch (error) {
    if (interrupt.signal.aborted) return EXIT_FAILED
    throw error
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal)
    await cluster.stop()
  }
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

function fenceOf(event: CyxEvent & { event: 'coordinator.elected' }): string {
  return `${event.peerId} ${event.epoch} ${event.term}`
}

function chooseJob({ dataset }: DemoOptions, say: (text: string) => void): { name: string; job: DemoJob } {
  const installed = listDatasets().some((info) => info.name === 'fashion-mnist' && info.installed)
  const name = dataset ?? (installed ? 'fashion-mnist' : 'digits')
  if (dataset === undefined && !installed)
    say('fashion-mnist is not installed here (cyxwiz data add fashion-mnist); the demo trains on the bundled digits instead')
  const job = JOBS[name]
  if (job === undefined) throw Object.assign(new Error(`--dataset ${name}: the demo knows ${Object.keys(JOBS).join(' and ')}`), { code: 'UNKNOWN_DATASET' })
  return { name, job }
}

/** The demo's job goes the way of every job: a file, checked like any other. */
async function demoSpec(name: string, { inputs, hidden }: DemoJob, epochs: number) {
  const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-job-'))
  try {
    const path = join(folder, 'job.json')
    const job = {
      name: `demo-${name}`,
      model: { kind: 'sequential', input: [inputs], layers: [{ type: 'linear', units: hidden }, { type: 'relu' }, { type: 'linear', units: 10 }] },
      data: { dataset: name },
      loss: 'cross-entropy',
      optimizer: { type: 'adamw', lr: 0.001 },
      batchSize: 64,
      epochs,
    }
    await writeFile(path, JSON.stringify(job))
    return await specOfJob(await readJobFile(path))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
