/**
 * Records of jobs that another peer brings along from a line that lost. What is committed is applied by every peer, so a
 * record is checked to the last field first; what the signed spec says counts, not what the record says about it.
 */
import * as z from 'zod/mini'
import { type JobRecord, MAX_FAILED_ON_KEPT, MAX_HISTORY_KEPT, MAX_ROUNDS_KEPT } from '../jobs/record.ts'
import { type JobSpec, parseJobSpec } from '../jobs/spec.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { WireError } from '../wire/errors.ts'
import { idOf, verify } from '../wire/signed.ts'
import { ControlError } from './errors.ts'

/** Records of one request: it must fit a control message anyway. */
const MAX_RECORDS = 100
const MAX_MEMBERS = 4096
const MAX_TEXT_LENGTH = 4096

const count = z.int().check(z.gte(0))
const time = z.number()
const words = z.string().check(z.maxLength(MAX_TEXT_LENGTH))
const peerId = z.string().check(z.maxLength(128))
const sha256 = z.string().check(z.regex(/^[0-9a-f]{64}$/))
const state = z.enum(['queued', 'offered', 'running', 'paused', 'completed', 'failed', 'cancelled'])
const receipts = z.record(peerId, count)
const figure = z.nullable(z.number())

const checkpoint = z.object({
  sha256,
  bytes: count,
  step: count,
  round: count,
  receipts,
  holders: z.optional(z.array(peerId).check(z.maxLength(MAX_MEMBERS))),
})

const record = z.object({
  jobId: z.string().check(z.regex(/^[0-9a-f]{32}$/)),
  signed: z.string(),
  state,
  attempt: z.int().check(z.gte(1)),
  reason: z.nullable(words),
  submittedAt: time,
  startedAt: z.nullable(time),
  elapsedMs: z.optional(z.number().check(z.gte(0))),
  retryAt: time,
  failedOn: z.optional(z.array(peerId).check(z.maxLength(MAX_FAILED_ON_KEPT))),
  membership: count,
  members: z.array(z.object({ peerId, share: count })).check(z.maxLength(MAX_MEMBERS)),
  step: count,
  round: count,
  samples: count,
  accountedStep: count,
  lastLoss: figure,
  lastAccuracy: figure,
  rounds: z
    .array(
      z.object({
        round: count,
        step: count,
        samples: count,
        members: z.array(peerId).check(z.maxLength(MAX_MEMBERS)),
        thetaHash: words,
        loss: z.number(),
        seconds: z.number(),
      }),
    )
    .check(z.maxLength(MAX_ROUNDS_KEPT)),
  history: z.array(z.object({ at: time, state, attempt: count, reason: z.nullable(words) })).check(z.maxLength(MAX_HISTORY_KEPT)),
  receipts,
  checkpoint: z.nullable(checkpoint),
  unsecured: z.optional(z.nullable(checkpoint)),
  spared: z.optional(count),
  cancelled: z.optional(z.string()),
  result: z.nullable(
    z.object({
      steps: count,
      samples: count,
      seconds: z.number(),
      trainLoss: z.number(),
      testLoss: figure,
      testAccuracy: figure,
      weights: z.object({ sha256, bytes: count }),
    }),
  ),
})

/** Throws `BAD_REQUEST` that names the job, or the errors of a signature or spec. `checkSpec` throws for a model that cannot be. */
export async function importedRecords(values: unknown, checkSpec: (spec: JobSpec) => void): Promise<JobRecord[]> {
  if (!Array.isArray(values) || values.length > MAX_RECORDS) throw new ControlError('BAD_REQUEST', `records: must be a list of at most ${MAX_RECORDS}`)
  return Promise.all(values.map((value: unknown) => importedRecord(value, checkSpec)))
}

async function importedRecord(value: unknown, checkSpec: (spec: JobSpec) => void): Promise<JobRecord> {
  const parsed = record.safeParse(value)
  if (!parsed.success) {
    const problem = parsed.error.issues[0]
    throw new ControlError('BAD_REQUEST', `records: ${problem?.path.join('.') ?? ''}: ${problem?.message ?? 'not a record of a job'}`)
  }
  const { data } = parsed
  if ((data.state === 'completed') !== (data.result !== null)) {
    throw new ControlError('BAD_REQUEST', `records: job ${data.jobId} is ${data.state} ${data.result === null ? 'without a result' : 'and has a result'}`)
  }
  let signed: Uint8Array
  try {
    signed = base64ToBytes(data.signed)
  } catch {
    throw new ControlError('BAD_REQUEST', `records: the spec of job ${data.jobId} is not base64`)
  }
  const { signer, payload } = await verify(signed, 'cyxwiz/job/1')
  if (idOf(signed) !== data.jobId) throw new ControlError('BAD_REQUEST', `records: job ${data.jobId} is not the hash of its spec`)
  const spec = parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
  checkSpec(spec)
  if (data.state === 'cancelled') await checkCancelled(data.jobId, data.cancelled, signer)
  const { name, totalSteps, batchSize } = spec
  return { ...data, submitter: signer, name, totalSteps, batchSize }
}

/** Who ends a job by a word is its submitter: the record must hold that word. */
async function checkCancelled(jobId: string, word: string | undefined, submitter: string): Promise<void> {
  const forged = (why: string): WireError => new WireError('FORGED_END', `records: job ${jobId} is cancelled ${why}`, 'tolerate')
  if (word === undefined) throw forged('without the signed word of its submitter')
  let said: { readonly action?: unknown; readonly jobId?: unknown } | null
  let signer: string
  try {
    const verified = await verify(base64ToBytes(word), 'cyxwiz/action/1')
    signer = verified.signer
    said = JSON.parse(new TextDecoder().decode(verified.payload))
  } catch (error) {
    throw forged(`by a word that proves nothing: ${(error as Error).message}`)
  }
  if (signer !== submitter) throw forged(`by ${signer}, and belongs to ${submitter}`)
  // People may name a job by the beginning of its id.
  const meant = typeof said?.jobId === 'string' && said.jobId !== '' && jobId.startsWith(said.jobId)
  if (said?.action !== 'cancel' || !meant) throw forged('by a word of its submitter about something else')
}
