/**
 * A small job for measurements, as a job file would say it: a linear model of the digits.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJobFile } from '../cli/jobfile.ts'
import { specOfJob } from '../cli/spec-of-job.ts'

const JOB = {
  model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 10 }] },
  data: { dataset: 'digits' },
  loss: 'cross-entropy',
  optimizer: { type: 'sgd', lr: 0.1 },
  batchSize: 64,
  steps: 10,
}

/** `more`: keys of a job file that are added or take the place of others. */
export async function benchJob(name: string, more: Readonly<Record<string, unknown>> = {}): Promise<object> {
  const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-job-'))
  try {
    const path = join(folder, 'job.json')
    await writeFile(path, JSON.stringify({ name, ...JOB, ...more }))
    return (await specOfJob(await readJobFile(path))).spec
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** The same job submitted twice is one job: each run's has a nonce of its own. */
export function withNonce(spec: object, run: number): object {
  return { ...spec, nonce: `${process.hrtime.bigint().toString(16).padStart(24, '0')}${run.toString(16).padStart(8, '0')}` }
}
