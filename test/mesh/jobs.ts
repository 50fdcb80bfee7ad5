/**
 * Jobs for tests of real processes: the bundled digits, a small MLP, as long as a test needs.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readJobFile } from '../../node/cli/jobfile.ts'
import { specOfJob } from '../../node/cli/spec-of-job.ts'
import type { JobSpec } from '../../protocol/jobs/spec.ts'

export function digitsJob(more: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    name: 'digits-mlp',
    model: { kind: 'sequential', input: [64], layers: [{ type: 'linear', units: 48 }, { type: 'relu' }, { type: 'linear', units: 10 }] },
    data: { dataset: 'digits' },
    loss: 'cross-entropy',
    optimizer: { type: 'adamw', lr: 0.003 },
    batchSize: 64,
    steps: 200,
    seed: 7,
    ...more,
  }
}

/** The way every job goes: a file, checked, as a spec to submit. */
export async function specOf(job: Record<string, unknown>): Promise<JobSpec> {
  const folder = await mkdtemp(join(tmpdir(), 'cyxwiz-test-'))
  try {
    const path = join(folder, 'job.json')
    await writeFile(path, JSON.stringify(job))
    return (await specOfJob(await readJobFile(path))).spec
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
