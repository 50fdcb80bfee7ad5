/**
 * Records of jobs that come from elsewhere: that another peer brings along from a line that lost, or in a snapshot. A record
 * is checked to the last field; what the signed spec says counts, not what the record says about it. How a job ended must be
 * signed: by its submitter who cancelled it, or by the voters before whom it completed or failed.
 */
import * as z from 'zod/mini'
import { MAX_PROOF_LINKS } from '../coordinator/constants.ts'
import { base64ToBytes } from '../wire/base64.ts'
import { WireError } from '../wire/errors.ts'
import { idOf, verify } from '../wire/signed.ts'
import { signersOf, tellsOf } from './ends.ts'
import { type EndProof, type JobRecord, MAX_FAILED_ON_KEPT, MAX_HISTORY_KEPT, MAX_ROUNDS_KEPT } from './record.ts'
import { type JobSpec, parseJobSpec } from './spec.ts'

/** Records of one request: it must fit a control message anyway. */
const MAX_RECORDS = 100
const MAX_MEMBERS = 4096
const MAX_TEXT_LENGTH = 4096
/** What the chain holds of a change of the committee: names and signatures of five voters, with room. */
const MAX_LINK_LENGTH = 8192
const MAX_VOTERS_NAMED = 16

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

const voters = z.array(peerId).check(z.maxLength(MAX_VOTERS_NAMED))

const proof = z.object({
  epochId: peerId,
  index: count,
  term: count,
  previous: peerId,
  links: z.array(z.tuple([count, z.string().check(z.maxLength(MAX_LINK_LENGTH))])).check(z.maxLength(MAX_PROOF_LINKS)),
  voters,
  votes: z.array(z.object({ voter: peerId, signature: z.string().check(z.regex(/^[0-9a-f]{128}$/)) })).check(z.maxLength(MAX_VOTERS_NAMED)),
  command: z.string(),
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
  skippedSteps: z.optional(count),
  rounds: z
    .array(
      z.object({
        round: count,
        step: count,
        samples: count,
        members: z.array(peerId).check(z.maxLength(MAX_MEMBERS)),
        thetaHash: words,
        loss: figure,
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
  proof: z.optional(proof),
  unproved: z.optional(z.literal(true)),
  result: z.nullable(
    z.object({
      steps: count,
      samples: count,
      seconds: z.number(),
      trainLoss: z.number(),
      testLoss: figure,
      testAccuracy: figure,
      weights: z.object({ sha256, bytes: count }),
      skippedSteps: z.optional(count),
    }),
  ),
})

/**
 * Records that a peer brings along; throws `MALFORMED` that names the job, `FORGED_END`, or the errors of a signature or spec.
 * `checkSpec` throws for a model that cannot be. An end whose signers are all strangers is marked as `unproved`.
 */
export async function importedRecords(values: unknown, checkSpec: (spec: JobSpec) => void, knowsVoter: (peer: string) => boolean): Promise<JobRecord[]> {
  if (!Array.isArray(values) || values.length > MAX_RECORDS) throw malformed(`must be a list of at most ${MAX_RECORDS}`)
  return Promise.all(
    values.map(async (value: unknown) => {
      const { unproved: _, ...record } = await checkedRecord(value, checkSpec)
      return (await isProved(record, knowsVoter)) ? record : { ...record, unproved: true }
    }),
  )
}

/** A record of which everything that is signed holds: its spec, the word that cancelled it, the proof of its end if it has one. */
export async function checkedRecord(value: unknown, checkSpec: (spec: JobSpec) => void): Promise<JobRecord> {
  const parsed = record.safeParse(value)
  if (!parsed.success) {
    const problem = parsed.error.issues[0]
    throw malformed(`${problem?.path.join('.') ?? ''}: ${problem?.message ?? 'not a record of a job'}`)
  }
  const { data } = parsed
  if ((data.state === 'completed') !== (data.result !== null)) {
    throw malformed(`job ${data.jobId} is ${data.state} ${data.result === null ? 'without a result' : 'and has a result'}`)
  }
  let signed: Uint8Array
  try {
    signed = base64ToBytes(data.signed)
  } catch {
    throw malformed(`the spec of job ${data.jobId} is not base64`)
  }
  const { signer, payload } = await verify(signed, 'cyxwiz/job/1')
  if (idOf(signed) !== data.jobId) throw malformed(`job ${data.jobId} is not the hash of its spec`)
  const spec = parseJobSpec(JSON.parse(new TextDecoder().decode(payload)))
  checkSpec(spec)
  if (data.state === 'cancelled') await checkCancelled(data.jobId, data.cancelled, signer)
  if (data.proof !== undefined) await checkProof(data, data.proof)
  const { name, totalSteps, batchSize } = spec
  return { ...data, submitter: signer, name, totalSteps, batchSize }
}

function malformed(why: string): WireError {
  return new WireError('MALFORMED', `records: ${why}`, 'tolerate')
}

function forged(jobId: string, why: string): WireError {
  return new WireError('FORGED_END', `records: job ${jobId} ${why}`, 'tolerate')
}

/**
 * Whether somebody who counts here has signed for the end: a voter of this mesh, past or present, or the job's submitter,
 * who may end it anyway. Anybody can found a line with voters of his own and have them sign what he likes.
 */
async function isProved({ state, submitter, proof }: JobRecord, knowsVoter: (peer: string) => boolean): Promise<boolean> {
  if (state !== 'completed' && state !== 'failed') return true
  return proof !== undefined && (await signersOf(proof)).some((signer) => signer === submitter || knowsVoter(signer))
}

async function checkProof(record: Omit<JobRecord, 'submitter' | 'name' | 'totalSteps' | 'batchSize'>, proof: EndProof): Promise<void> {
  const { jobId, state } = record
  if (!tellsOf(proof, record)) throw forged(jobId, `is ${state}, and what was signed for is another end`)
  try {
    await signersOf(proof)
  } catch (error) {
    throw forged(jobId, `is ${state} by a proof that proves nothing: ${(error as Error).message}`)
  }
}

/** Who ends a job by a word is its submitter: the record must hold that word. */
export async function checkCancelled(jobId: string, word: string | undefined, submitter: string): Promise<void> {
  const refused = (why: string): WireError => forged(jobId, `is cancelled ${why}`)
  if (word === undefined) throw refused('without the signed word of its submitter')
  let said: { readonly action?: unknown; readonly jobId?: unknown } | null
  let signer: string
  try {
    const verified = await verify(base64ToBytes(word), 'cyxwiz/action/1')
    signer = verified.signer
    said = JSON.parse(new TextDecoder().decode(verified.payload))
  } catch (error) {
    throw refused(`by a word that proves nothing: ${(error as Error).message}`)
  }
  if (signer !== submitter) throw refused(`by ${signer}, and belongs to ${submitter}`)
  // People may name a job by the beginning of its id.
  const meant = typeof said?.jobId === 'string' && said.jobId !== '' && jobId.startsWith(said.jobId)
  if (said?.action !== 'cancel' || !meant) throw refused('by a word of its submitter about something else')
}
