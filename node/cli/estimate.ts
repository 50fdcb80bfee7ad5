/**
 * `cyxwiz estimate JOB.json`: what a job will take, before anything is taken: parameters, exact GPU memory per peer by
 * number of peers, and what a peer sends. Needs no GPU and no mesh, and the data only for the number of steps.
 */
import type { Command } from 'commander'
import { checkModel, estimateMemory } from '../../kernels/index.ts'
import { stepsOf, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import { formatBytes, table } from '../events/index.ts'
import { type CommonOptions, withCommonOptions } from './args.ts'
import { loadJobData, resolveJobData } from './jobdata.ts'
import { readJobFile } from './jobfile.ts'
import { type Output, runCommand } from './output.ts'

export function registerEstimate(program: Command): void {
  withCommonOptions(program.command('estimate'))
    .description('parameters, memory and traffic of a job, without running it')
    .argument('<job>', 'job file (JSON)')
    .action((path: string, options: CommonOptions) => runCommand(options, (output) => estimate(path, output)))
}

async function estimate(path: string, output: Output): Promise<undefined> {
  const { job, folder } = await readJobFile(path)
  const model = checkModel(job.model, job.loss)
  const data = await loadJobData(await resolveJobData(job, folder))
  const { totalSteps, stepsPerEpoch } = stepsOf(job, data.train.length)
  const spec = trainingSpecOf(job, totalSteps)
  const alone = estimateMemory(spec, job.batchSize)
  const { roundSteps } = job.sync
  const byPeers = peerCounts(job.peers.min, Math.min(job.peers.max, job.batchSize)).map((peers) => {
    const share = Math.ceil(job.batchSize / peers)
    // Reduce-scatter and all-gather: each peer sends its share of all slices but its own, twice, uncompressed.
    const bytesPerStep = Math.round((2 * alone.vectorBytes * (peers - 1)) / peers)
    return {
      peers,
      batch: share,
      gpuBytes: estimateMemory(spec, share).gpuBytes,
      bytesPerStep,
      ...(roundSteps === 'auto' ? {} : { bytesPerRound: bytesPerStep * roundSteps }),
    }
  })
  const value = {
    name: job.name,
    ...alone,
    totalSteps,
    stepsPerEpoch,
    trainSamples: data.train.length,
    testSamples: data.test?.length ?? 0,
    layers: model.layers,
    byPeers,
  }
  const rows = byPeers.map((row) => [String(row.peers), String(row.batch), formatBytes(row.gpuBytes), formatBytes(row.bytesPerStep)])
  output.result(
    value,
    [
      `${job.name}: ${alone.parameterCount} parameters, ${totalSteps} steps (${stepsPerEpoch} an epoch) on ${value.trainSamples} samples, ${value.testSamples} held out`,
      `GPU memory alone: ${formatBytes(alone.gpuBytes)} (${Object.entries(alone.breakdown)
        .map(([part, bytes]) => `${part} ${formatBytes(bytes)}`)
        .join(', ')})`,
      table([['peers', 'rows each', 'memory each', 'sent a step'], ...rows]),
    ].join('\n'),
  )
}

/** min, max and the powers of two between. */
function peerCounts(min: number, max: number): number[] {
  const counts = new Set([min, max])
  for (let peers = 1; peers < max; peers *= 2) if (peers > min) counts.add(peers)
  return [...counts].filter((peers) => peers <= max).sort((a, b) => a - b)
}
