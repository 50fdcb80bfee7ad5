/**
 * A plot that is opened late shows the whole run: what this browser recorded before, then what the members remember.
 */
import { askControl } from '../../protocol/control/service.ts'
import { type PastProgress, readPast } from '../../protocol/jobs/progress-history.ts'
import type { JobRecord } from '../../protocol/jobs/record.ts'
import type { MetricRecorder } from '../metrics/recorder.ts'
import type { TabPeer } from '../peer/tab-peer.ts'
import { quietLogger } from './quiet-logger.ts'

/** Live figures wait for this: longer than a busy member needs, shorter than anybody waits for a plot. */
const HISTORY_TIMEOUT_MS = 2000
const RECORD_TIMEOUT_MS = 5000
const RECORD_CHECK_MS = 100

export async function fillHistory(tab: TabPeer, jobId: string, recorder: MetricRecorder, signal: AbortSignal): Promise<void> {
  await recorder.ready
  const record = await recordOf(tab, jobId, signal)
  if (record === undefined) return
  const limited = AbortSignal.any([signal, AbortSignal.timeout(HISTORY_TIMEOUT_MS)])
  const histories = await Promise.all(
    record.members.map(async ({ peerId }) => {
      const past = peerId === tab.peer.id ? tab.peer.jobs.history.of(jobId) : await ask(tab, peerId, record, limited)
      return past.map((point) => ({ peerId, ...point }))
    }),
  )
  if (!signal.aborted) recorder.backfill(histories.flat())
}

/** A tab that has just joined does not know the mesh's jobs yet. */
async function recordOf({ peer }: TabPeer, jobId: string, signal: AbortSignal): Promise<JobRecord | undefined> {
  const deadline = performance.now() + RECORD_TIMEOUT_MS
  for (;;) {
    const record = peer.jobs.registry.get(jobId)
    if (record !== undefined || signal.aborted || performance.now() > deadline) return record
    await new Promise<void>((resolve) => setTimeout(resolve, RECORD_CHECK_MS))
  }
}

/** A member that is gone, or of an older version, has nothing to tell. */
async function ask(tab: TabPeer, peer: string, record: JobRecord, signal: AbortSignal): Promise<readonly PastProgress[]> {
  const { jobId } = record
  try {
    for await (const answer of askControl({ libp2p: tab.libp2p, log: quietLogger }, tab.mesh, peer, 'history', { jobId }, signal))
      return readPast(answer, record)
  } catch {
    // The plot begins now, then.
  }
  return []
}
