/** `cyxwiz eval JOB.json --weights FILE`: loss and accuracy of a weights file on the job's test data. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Command } from 'commander'
import { type CommonOptions, type DeviceOptions, withCommonOptions, withDeviceOptions } from './args.ts'
import { UsageError } from './errors.ts'
import { readJobFile, unreadable } from './jobfile.ts'
import { evaluateTestSet, openLocalRun } from './local-run.ts'
import { type Output, runCommand } from './output.ts'

export interface EvalOptions extends CommonOptions, DeviceOptions {
  readonly weights: string
}

export function registerEval(program: Command): void {
  withDeviceOptions(withCommonOptions(program.command('eval')))
    .description("evaluate weights on a job's test data")
    .argument('<job>', 'job file (JSON)')
    .requiredOption('--weights <file>', 'safetensors file')
    .action((path: string, options: EvalOptions) => runCommand(options, (output) => evaluate(path, options, output)))
}

async function evaluate(path: string, options: EvalOptions, output: Output): Promise<undefined> {
  const loaded = await readJobFile(path)
  const location = resolve(options.weights)
  const bytes = await readFile(location).catch((cause: unknown) => Promise.reject(unreadable(`--weights ${options.weights}`, cause)))
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const run = await openLocalRun(loaded, options, { initial: { kind: 'weights', location }, evaluateOnly: true })
  const figures = await evaluateTestSet(run)
  if (figures === null) throw new UsageError(`${path}: the job has no test data to evaluate on`, 'NO_TEST_DATA')
  const { testLoss, testAccuracy, testSamples } = figures
  const accuracy = testAccuracy === undefined ? '' : `, accuracy ${testAccuracy.toFixed(4)}`
  output.result({ ...figures, weights: { path: location, sha256 } }, `test loss ${testLoss.toFixed(4)}${accuracy} on ${testSamples} samples`)
}
