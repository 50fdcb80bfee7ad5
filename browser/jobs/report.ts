/**
 * What a job will take, from its description alone: parameters, memory, traffic, and which peers could hold it, with the
 * very rules by which the coordinator admits and places it.
 */
import { type CheckedLayer, checkModel, estimateMemory } from '../../kernels/index.ts'
import { fits } from '../../protocol/jobs/capacity.ts'
import type { SampleCounts } from '../../protocol/jobs/prepare.ts'
import { type JobFile, stepsOf, trainingSpecOf } from '../../protocol/jobs/spec.ts'
import type { DraftReport, PeerView } from '../session/types.ts'

export interface DraftDetails extends DraftReport {
  /** Each layer with its shapes. */
  readonly layers: readonly CheckedLayer[]
  /** Members that `bytesPerStep` is reckoned for: as many as fit and the job wants; at least its minimum. */
  readonly members: number
  /** Rows of a step's batch per member, and the GPU memory that as many take. */
  readonly rowsEach: number
  readonly memoryEachBytes: number
  readonly counts: SampleCounts | null
  readonly stepsPerEpoch: number | null
}

export type PeerFacts = Pick<PeerView, 'peerId' | 'device' | 'memory' | 'slots' | 'activeJobs' | 'speed' | 'visible'>

/** Throws BAD_MODEL where the model is impossible. `counts`: null while the data are not known. */
export function reportOf(job: JobFile, counts: SampleCounts | null, peers: readonly PeerFacts[]): DraftDetails {
  const { layers, parameterCount } = checkModel(job.model, job.loss)
  const steps = counts === null ? null : stepsOf(job, counts.trainSamples)
  const spec = trainingSpecOf(job, steps?.totalSteps ?? 1)
  const least = estimateMemory(spec, 1)
  const verdicts = peers.map((peer) => ({ peerId: peer.peerId, ...verdictOn(peer, least.gpuBytes, least.vectorBytes) }))
  const able = verdicts.filter((verdict) => verdict.fits).length
  const most = Math.min(job.peers.max, job.batchSize)
  const members = Math.max(job.peers.min, able === 0 ? most : Math.min(able, most))
  const rowsEach = Math.ceil(job.batchSize / members)
  return {
    parameters: parameterCount,
    memoryBytes: least.gpuBytes,
    // Reduce-scatter and all-gather of f32: a member sends all slices but its own, twice: 8 · P · (N − 1) / N bytes.
    bytesPerStep: Math.round((2 * least.vectorBytes * (members - 1)) / members),
    totalSteps: steps?.totalSteps ?? job.steps,
    fits: verdicts,
    layers,
    members,
    rowsEach,
    memoryEachBytes: estimateMemory(spec, rowsEach).gpuBytes,
    counts,
    stepsPerEpoch: steps?.stepsPerEpoch ?? null,
  }
}

function verdictOn(peer: PeerFacts, bytes: number, vectorBytes: number): { fits: boolean; why: string | null } {
  const { memory, device } = peer
  const view = {
    peerId: peer.peerId,
    limitBytes: memory.limitBytes,
    // As if it were idle: a peer that is busy now still fits.
    usedBytes: 0,
    freeBytes: null,
    bufferBytes: memory.maxBufferSize,
    slots: peer.slots,
    speed: peer.speed,
    visible: peer.visible,
    computes: device !== null,
  }
  const need = { bytes, vectorBytes }
  const verdict = fits(view, need)
  if (!verdict.fits) return { fits: false, why: verdict.reason }
  const now = fits({ ...view, usedBytes: memory.usedBytes, freeBytes: memory.freeBytes }, need, { slots: peer.activeJobs, bytes: 0 })
  return { fits: true, why: now.fits ? null : `busy now: ${now.reason}` }
}
