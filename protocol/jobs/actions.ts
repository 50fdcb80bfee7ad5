/**
 * Submitting and changing jobs, as the coordinator decides on it: signatures, limits, admission by memory. Only the key
 * that signed a job may change it.
 */
import { bytesToBase64 } from '../wire/base64.ts'
import { MAX_SPEC_BYTES } from '../wire/constants.ts'
import { WireError } from '../wire/errors.ts'
import { idOf, verify } from '../wire/signed.ts'
import { couldHold, formatBytes, type JobNeed, type PeerView } from './capacity.ts'
import type { JobCommand } from './commands.ts'
import { JobError } from './errors.ts'
import { isTerminal, type JobRecord } from './record.ts'
import type { Registry } from './registry.ts'
import { type JobSpec, parseJobSpec } from './spec.ts'

/** Jobs of one submitter that have not ended. */
export const MAX_JOBS_PER_SUBMITTER = 100

const ACTIONS = ['cancel', 'pause', 'resume', 'remove'] as const
export type JobAction = (typeof ACTIONS)[number]

export interface SignedAction {
  readonly action: JobAction
  readonly jobId: string
  /** A signature is good for one attempt only, so that an old "pause" cannot be played again. */
  readonly attempt: number
}

/** Checks a submission; returns the command to commit, or null when the job is known already. */
export async function checkSubmission(
  signed: Uint8Array,
  registry: Registry,
  peers: readonly PeerView[],
  needOf: (spec: JobSpec) => JobNeed,
  at: number,
): Promise<{ jobId: string; command: JobCommand | null }> {
  if (signed.byteLength > MAX_SPEC_BYTES) throw new JobError('TOO_LARGE', `signed spec has ${signed.byteLength} bytes, limit ${MAX_SPEC_BYTES}`)
  const { signer, payload } = await verify(signed, 'cyxwiz/job/1')
  const spec = parseJobSpec(jsonOf(payload, 'signed spec'))
  const jobId = idOf(signed)
  if (registry.get(jobId) !== undefined) return { jobId, command: null }
  refuseCopy(jobId, signer, spec, registry)
  const open = registry.list().filter((record) => record.submitter === signer && !isTerminal(record)).length
  if (open >= MAX_JOBS_PER_SUBMITTER)
    throw new JobError('TOO_MANY_JOBS', `${open} jobs of this submitter have not ended, limit ${MAX_JOBS_PER_SUBMITTER}`, jobId)
  admit(peers, needOf(spec))
  return { jobId, command: { type: 'submit', jobId, signed: bytesToBase64(signed), at } }
}

/**
 * A spec is the job of whom it names: under another signature it is none, whichever of the two arrives first. The nonce
 * makes it one job of its submitter's; a clone has a nonce of its own. Older specs name nobody: there the first one counts.
 */
function refuseCopy(jobId: string, signer: string, spec: JobSpec, registry: Registry): void {
  const { nonce, submitter } = spec
  if (submitter !== undefined && submitter !== signer)
    throw new JobError('RESIGNED_SPEC', `spec is a job of ${submitter}, signed anew by ${signer}: a copy needs its own signer's name`, jobId)
  const original = registry.list().find((record) => registry.spec(record.jobId).nonce === nonce && (submitter === undefined || record.submitter === signer))
  if (original !== undefined)
    throw new JobError(
      'RESIGNED_SPEC',
      `spec is job ${original.jobId} of ${original.submitter}, signed anew by ${signer}: a copy needs a nonce of its own`,
      jobId,
    )
}

function jsonOf(payload: Uint8Array, what: string): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(payload))
  } catch (cause) {
    throw new WireError('MALFORMED', `${what} is not JSON`, 'penalise', { cause })
  }
}

function actionOf(payload: Uint8Array): SignedAction {
  const said = jsonOf(payload, 'signed action')
  const { action, jobId, attempt } = (typeof said === 'object' && said !== null ? said : {}) as { [K in keyof SignedAction]?: unknown }
  const known = ACTIONS.find((name) => name === action)
  if (known === undefined || typeof jobId !== 'string' || !Number.isSafeInteger(attempt))
    throw new WireError('MALFORMED', `signed action must name one of ${ACTIONS.join(', ')}, a job and an attempt`)
  return { action: known, jobId, attempt: attempt as number }
}

/** Refuses what no peer of the mesh could ever hold, with the numbers. Features are waited for: another device may come. */
function admit(peers: readonly PeerView[], { bytes, vectorBytes }: JobNeed): void {
  const computing = peers.filter((peer) => peer.computes)
  if (computing.length === 0) return // it waits for the first one
  if (computing.some((peer) => couldHold(peer, { bytes, vectorBytes }).fits)) return
  const roomy = computing.filter((peer) => bytes <= peer.limitBytes)
  if (roomy.length > 0) {
    const widest = Math.max(...roomy.map((peer) => peer.bufferBytes))
    throw new JobError(
      'DOES_NOT_FIT',
      `job has ${formatBytes(vectorBytes)} (${vectorBytes} bytes) of parameters, the largest buffer of ${computing.length} peers is ${formatBytes(widest)} (${widest} bytes)`,
    )
  }
  const largest = Math.max(...computing.map((peer) => peer.limitBytes))
  throw new JobError(
    'DOES_NOT_FIT',
    `job needs ${formatBytes(bytes)} (${bytes} bytes) of GPU memory, the largest of ${computing.length} peers may take ${formatBytes(largest)} (${largest} bytes)`,
  )
}

export async function checkAction(signed: Uint8Array, registry: Registry, at: number): Promise<JobCommand> {
  const { signer, payload } = await verify(signed, 'cyxwiz/action/1')
  const { action, jobId, attempt } = actionOf(payload)
  const record = findJob(registry, jobId)
  if (record.submitter !== signer) throw new JobError('NOT_YOURS', `job ${record.jobId} belongs to ${record.submitter}, not to ${signer}`, record.jobId)
  if (record.attempt !== attempt && action !== 'remove' && action !== 'cancel') {
    throw new JobError('REPLAYED_ACTION', `job ${record.jobId} is at attempt ${record.attempt}, ${action} was meant for attempt ${attempt}`, record.jobId)
  }
  const word = bytesToBase64(signed)
  switch (action) {
    case 'cancel':
      if (isTerminal(record)) throw new JobError('WRONG_STATE', `job ${record.jobId} is ${record.state}: it cannot be cancelled`, record.jobId)
      return { type: 'cancel', jobId: record.jobId, reason: 'cancelled by its owner', signed: word, at }
    case 'pause':
      if (record.state !== 'running')
        throw new JobError('WRONG_STATE', `job ${record.jobId} is ${record.state}: only a running job can be paused`, record.jobId)
      return { type: 'pause', jobId: record.jobId, signed: word, at }
    case 'resume':
      if (record.state !== 'paused') throw new JobError('WRONG_STATE', `job ${record.jobId} is ${record.state}: only a paused job can be resumed`, record.jobId)
      return { type: 'resume', jobId: record.jobId, signed: word, at }
    case 'remove':
      if (!isTerminal(record)) throw new JobError('WRONG_STATE', `job ${record.jobId} is ${record.state}: cancel it before removing it`, record.jobId)
      return { type: 'remove', jobId: record.jobId, signed: word, at }
    default:
      return action satisfies never
  }
}

/** By id or by an unambiguous beginning of one. */
export function findJob(registry: Registry, id: string): JobRecord {
  const exact = registry.get(id)
  if (exact !== undefined) return exact
  const matches = id === '' ? [] : registry.list().filter((record) => record.jobId.startsWith(id))
  if (matches.length > 1) throw new JobError('AMBIGUOUS_ID', `job ${id}: ${matches.length} jobs begin like this`)
  if (matches[0] === undefined) throw new JobError('NO_SUCH_JOB', `job ${id}: not known in this mesh`)
  return matches[0]
}
