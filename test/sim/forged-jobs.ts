/**
 * What a hostile peer says about jobs: commands of a coordinator that it is not, bids of an adapter that it does not have,
 * reports on work that it was never given, with true numbers and with others, and what others said again under its name.
 */
import type { Fence } from '../../protocol/coordinator/types.ts'
import { encodeJobMessage, encodeOffer, type JobEnvelope, type JobMessage } from '../../protocol/jobs/messages.ts'
import { isTerminal } from '../../protocol/jobs/record.ts'
import type { Frame } from './attacker.ts'
import { SimJobs } from './jobs.ts'
import type { SimPeer } from './peer.ts'
import type { Draws } from './world.ts'

export function forgedJob(self: string, model: SimPeer, draws: Draws): Frame | null {
  const { application, core } = model
  if (!(application instanceof SimJobs) || core === null) return null
  const records = application.registry.list()
  const running = records.filter((record) => !isTerminal(record))
  const record = draws.pick(running.length > 0 && draws.chance(0.8) ? running : records)
  if (record === undefined) return null
  const { jobId } = record
  const attempt = record.attempt + draws.pick([0, 0, 0, 1, -1])
  const fence: Fence = draws.chance(0.6) ? core.fence : { ...core.fence, term: Math.max(0, core.fence.term + draws.integer(-3, 4)) }
  if (draws.chance(0.15)) return { protocol: 'offer', bytes: encodeOffer({ fence, jobId, attempt: Math.max(0, attempt), needBytes: 1 }) }
  const membership = Math.max(0, record.membership + draws.pick([0, 0, 1, -1]))
  const step = record.step + draws.pick([0, 1, 4, 100])
  const someone = draws.pick(record.members)?.peerId ?? self
  const message = ((): JobMessage => {
    switch (draws.integer(0, 14)) {
      case 0:
        return { type: 'prepare', signedSpec: new Uint8Array([1, 2, 3]), share: 4 }
      case 1:
        return { type: 'assign', membership, members: [{ peerId: self, share: record.batchSize }], startStep: step, holders: [self] }
      case 2:
        return { type: 'go', membership, round: record.round + 1, untilStep: step + 4, checkpoint: false }
      case 3:
        return { type: 'query', nonce: draws.integer(0, 20), freeze: draws.chance(0.5) }
      case 4:
        return { type: 'evaluate', membership }
      case 5:
        return { type: 'stop', reason: 'because I say so' }
      case 6:
        return { type: 'bid', freeBytes: Number.MAX_SAFE_INTEGER, speed: 1e9, cached: true, freeSlots: 1000, refusal: '', diskBytes: Number.MAX_SAFE_INTEGER }
      case 7:
        return { type: 'prepared', error: '', samplesPerSecond: 1e9, memoryBytes: 1 }
      case 8:
        return { type: 'ready', membership, error: '', lacksCheckpoint: draws.chance(0.2) }
      case 9:
        return {
          type: 'roundDone',
          membership,
          round: record.round + 1,
          step,
          thetaHash: 'forged',
          loss: 0,
          seconds: 0,
          computeSeconds: 0,
          bytesSent: 0,
          bytesReceived: 0,
        }
      case 10:
        return { type: 'trouble', membership, step, peerId: someone, reason: 'is silent', fatal: draws.chance(0.5) }
      case 11:
        return { type: 'status', nonce: draws.integer(0, 20), prepared: true, step, oldestStep: step, holdsState: true, memoryBytes: 1 }
      case 12:
        return { type: 'evaluated', membership, lossSum: 0, weight: 10, correct: 10, weights: { sha256: 'forged', bytes: 1 }, error: '' }
      default:
        return { type: 'leave', membership, now: true }
    }
  })()
  return { protocol: 'job', bytes: encodeJobMessage({ jobId, attempt: Math.max(0, attempt), fence, message }) }
}

/** What somebody else said, if it was about a job. */
export function repeatedJob(body: unknown): Frame | null {
  const { kind, ...said } = body as { kind: string }
  if (kind === 'offer') return { protocol: 'offer', bytes: encodeOffer({ needBytes: 1, ...(said as { fence: Fence; jobId: string; attempt: number }) }) }
  return kind === 'job' ? { protocol: 'job', bytes: encodeJobMessage((said as unknown as { envelope: JobEnvelope }).envelope) } : null
}
