/**
 * `cyxwiz submit JOB.json`: checks the job here, hands its files to the peer, and returns once the mesh has committed it;
 * with `--follow` stays until it ends.
 */
import type { Command } from 'commander'
import type { CyxEvent } from '../../protocol/events/types.ts'
import { type CommonOptions, withCommonOptions } from './args.ts'
import { EXIT_FAILED, EXIT_OK, UsageError } from './errors.ts'
import { readJobFile } from './jobfile.ts'
import { type MeshClient, type MeshOptions, withMeshClient, withMeshOptions } from './mesh-client.ts'
import { type OutFile, openOutFile } from './outfile.ts'
import { type Output, runCommand } from './output.ts'
import { specOfJob } from './spec-of-job.ts'
import { downloadWeights } from './weights-file.ts'

interface SubmitOptions extends MeshOptions, CommonOptions {
  readonly follow?: boolean
  readonly out?: string
}

export function registerSubmit(program: Command): void {
  withMeshOptions(withCommonOptions(program.command('submit')))
    .description('submit a job to a mesh')
    .argument('<job>', 'job file (JSON)')
    .option('--follow', 'stay until the job ends; exit code 1 unless it completes')
    .option('--out <file>', 'with --follow: write the trained weights here (safetensors)')
    .action((path: string, options: SubmitOptions) => runCommand(options, (output) => submit(path, options, output)))
}

async function submit(path: string, options: SubmitOptions, output: Output): Promise<number> {
  if (options.out !== undefined && options.follow !== true) throw new UsageError('--out: needs --follow, as the weights exist when the job has ended')
  const out = options.out === undefined ? null : await openOutFile(options.out, '--out')
  const { spec, uploads } = await specOfJob(await readJobFile(path))
  return withMeshClient(options, async (client) => {
    if (uploads.length > 0 && !client.local) {
      throw new UsageError(
        `${path}: this job brings files of its own; submit it through a peer that runs on this machine (--data-dir), which can give them to the members`,
      )
    }
    for (const upload of uploads) await client.once('put', upload)
    const { jobId } = await client.submit(spec)
    if (options.follow !== true) {
      output.result({ jobId }, `submitted ${spec.name}: job ${jobId}`)
      return EXIT_OK
    }
    return follow(client, jobId, out, output)
  })
}

/** Prints the job's events until it ends. Ctrl-C stops following, not the job. */
async function follow(client: MeshClient, jobId: string, out: OutFile | null, output: Output): Promise<number> {
  for await (const event of client.ask('watch', { jobId })) {
    if (event.event === 'job.result') {
      if (out === null) output.events.emit(event)
      else {
        await out.write(await downloadWeights(client, jobId))
        output.events.emit({ ...event, weights: { path: out.path, ...event.weights } })
      }
      return EXIT_OK
    }
    output.events.emit(event)
    if (isEnd(event)) return EXIT_FAILED
  }
  return EXIT_FAILED
}

function isEnd(event: CyxEvent): boolean {
  return event.event === 'job.state' && (event.state === 'failed' || event.state === 'cancelled')
}
