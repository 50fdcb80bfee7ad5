/**
 * What a job will take, from its description alone: parameters, memory, traffic, and which peers could hold it, with the
 * very rules by which the coordinator admits and places it.
 */
import { type CheckedLayer, checkModel, estimateMemory } from '../../kernels/index.ts'
import { fits, formatBytes } from '../../protocol/jobs/placement.ts'
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
  const verdicts = peers.map((peer) => ({ peerId: peer.peerId, ...verdictOn(peer, job, least.gpuBytes, least.vectorBytes) }))
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

function verdictOn(peer: PeerFacts, job: JobFile, bytes: number, vectorBytes: number): { fits: boolean; why: string | null } {
  const { memory, device } = peer
  const view = {
    peerId: peer.peerId,
    limitBytes: memory.limitBytes,
    usedBytes: memory.usedBytes,
    slots: peer.slots,
    speed: peer.speed,
    visible: peer.visible,
    computes: device !== null,
  }
  const need = { bytes, minPeers: job.peers.min, maxPeers: job.peers.max, batchSize: job.batchSize }
  // First as if it were idle: a peer that is busy now still fits.
  const verdict = fits(view, need, 0)
  if (!verdict.fits) return { fits: false, why: verdict.reason }
  if (vectorBytes > memory.maxStorageBufferBindingSize) {
    const limit = formatBytes(memory.maxStorageBufferBindingSize)
    return { fits: false, why: `its parameters are one binding of ${formatBytes(vectorBytes)}, the adapter takes at most ${limit}` }
  }
  const now = fits(view, need, peer.activeJobs)
  return { fits: true, why: now.fits ? null : `busy now: ${now.reason}` }
}
