/**
 * Commands about jobs of a mesh: list, look at, follow, cancel, pause, resume, remove, take the weights.
 */
import type { Command } from 'commander'
import type { JobDetail, JobSummary } from '../../protocol/control/types.ts'
import type { JobAction } from '../../protocol/jobs/actions.ts'
import { duration, printable, shortId, table } from '../events/index.ts'
import { withCommonOptions } from './args.ts'
import { EXIT_OK, FailedError } from './errors.ts'
import { ageNote, CURRENT_OPTION, type ReadOptions, readParams } from './freshness.ts'
import { type MeshOptions, withMeshClient, withMeshOptions } from './mesh-client.ts'
import { openOutFile } from './outfile.ts'
import { type Output, runCommand } from './output.ts'
import { downloadWeights } from './weights-file.ts'

export function registerJobs(program: Command): void {
  const command = (name: string, description: string): Command => withMeshOptions(withCommonOptions(program.command(name))).description(description)
  const reads = (name: string, description: string): Command => command(name, description).option(...CURRENT_OPTION)
  reads('jobs', 'jobs of the mesh').action((options: ReadOptions) => runCommand(options, (output) => list(options, output)))
  reads('job', 'one job: members, rounds, history, and why it waits')
    .argument('<id>', 'job id, or its beginning')
    .action((id: string, options: ReadOptions) => runCommand(options, (output) => show(id, options, output)))
  command('logs', 'events of a job, from now until it ends')
    .argument('<id>', 'job id, or its beginning')
    .action((id: string, options: MeshOptions) => runCommand(options, (output) => logs(id, options, output)))
  const actions: readonly (readonly [string, JobAction, string])[] = [
    ['cancel', 'cancel', 'end a job'],
    ['pause', 'pause', 'hold a job at the end of its round'],
    ['resume', 'resume', 'go on with a paused job'],
    ['rm', 'remove', 'forget a job that has ended'],
  ]
  for (const [name, action, description] of actions) {
    command(name, `${description} (only its owner may)`)
      .argument('<id>', 'job id, or its beginning')
      .action((id: string, options: MeshOptions) => runCommand(options, (output) => act(action, id, options, output)))
  }
  command('weights', 'the trained weights of a completed job, as safetensors')
    .argument('<id>', 'job id, or its beginning')
    .requiredOption('--out <file>', 'where to write them')
    .action((id: string, options: MeshOptions & { out: string }) => runCommand(options, (output) => weights(id, options, output)))
}

async function list(options: ReadOptions, output: Output): Promise<undefined> {
  const jobs = await withMeshClient(options, (client) => client.once('jobs', readParams(options)))
  const rows = jobs.map((job) => [shortId(job.jobId), job.name, job.state, String(job.attempt), percent(job), job.reason ?? ''])
  output.result(jobs, jobs.length === 0 ? 'no jobs' : `${table([['job', 'name', 'state', 'attempt', 'done', 'reason'], ...rows])}${ageNote(jobs[0])}`)
}

async function show(id: string, options: ReadOptions, output: Output): Promise<undefined> {
  const job = await withMeshClient(options, (client) => client.once('job', { jobId: id, ...readParams(options) }))
  output.result(job, `${textOf(job)}${ageNote(job)}`)
}

function textOf(job: JobDetail): string {
  const lines = [
    `${printable(job.name)} (${job.jobId}): ${job.state}${job.reason === undefined ? '' : `, ${printable(job.reason)}`}`,
    `attempt ${job.attempt}, step ${job.step} of ${job.totalSteps} (${percent(job)}), ${job.samples} samples`,
    `submitted ${job.submittedAt} by ${shortId(job.submitter)}`,
  ]
  if (job.waiting !== null) lines.push(`waits: ${printable(job.waiting)}`)
  if (job.loss !== null) lines.push(`loss ${job.loss.toFixed(4)}${job.accuracy === null ? '' : `, accuracy ${job.accuracy.toFixed(4)}`} over the last round`)
  if (job.members.length > 0) lines.push('', table([['member', 'rows'], ...job.members.map((member) => [shortId(member.peerId), String(member.share)])]))
  if (job.rounds.length > 0) {
    const rows = job.rounds
      .slice(-5)
      .map((round) => [String(round.round), String(round.step), round.loss?.toFixed(4) ?? '–', duration(round.seconds), String(round.members.length)])
    lines.push('', table([['round', 'step', 'loss', 'time', 'peers'], ...rows]))
  }
  lines.push(
    '',
    table([['when', 'state', 'attempt', 'reason'], ...job.history.map((entry) => [entry.at, entry.state, String(entry.attempt), entry.reason ?? ''])]),
  )
  if (job.result !== null) {
    const { testAccuracy, testLoss, weights } = job.result
    lines.push(
      '',
      `${testAccuracy === null ? '' : `accuracy ${testAccuracy.toFixed(4)}, `}${testLoss === null ? '' : `test loss ${testLoss.toFixed(4)}, `}weights ${weights.sha256}`,
    )
  }
  if (job.endSignedBy !== undefined) lines.push(`its end is signed by ${job.endSignedBy.map(shortId).join(', ')}`)
  return lines.join('\n')
}

async function logs(id: string, options: MeshOptions, output: Output): Promise<number> {
  return withMeshClient(options, async (client) => {
    for await (const event of client.ask('watch', { jobId: id })) output.events.emit(event)
    return EXIT_OK
  })
}

async function act(action: JobAction, id: string, options: MeshOptions, output: Output): Promise<undefined> {
  const { jobId } = await withMeshClient(options, (client) => client.act(action, id))
  output.result({ jobId }, `${action}: job ${jobId}`)
}

async function weights(id: string, options: MeshOptions & { out: string }, output: Output): Promise<undefined> {
  const out = await openOutFile(options.out, '--out')
  await withMeshClient(options, async (client) => {
    const job = await client.once('job', { jobId: id })
    if (job.result === null) {
      const ended = job.state === 'failed' || job.state === 'cancelled'
      throw new FailedError(`job ${job.jobId} is ${job.state}: it has no weights${ended ? '' : ' yet'}`, 'NO_WEIGHTS')
    }
    const bytes = await downloadWeights(client, job.jobId)
    await out.write(bytes)
    output.result({ jobId: job.jobId, path: out.path, sha256: job.result.weights.sha256, bytes: bytes.byteLength }, `${out.path}: ${bytes.byteLength} bytes`)
  })
}

function percent(job: JobSummary): string {
  return `${Math.floor(job.progress * 100)} %`
}
