import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { PeerMetrics } from '../../../../node/http/metrics.ts'
import type { JobProgressEvent, JobRoundEvent } from '../../../../protocol/events/types.ts'
import { REFUSALS } from '../../../../protocol/wire/errors.ts'

const PEER = '12D3KooWPeer'
const JOB = 'ab12cd34'

describe('metrics of a peer', () => {
  let metrics: PeerMetrics
  beforeEach(() => {
    metrics = new PeerMetrics()
    metrics.observe({
      version: '0.1.0',
      selfId: PEER,
      peers: () => [{ kind: 'native' }, { kind: 'browser' }, { kind: 'browser' }],
      connections: () => [
        '/ip4/1.2.3.4/tcp/1',
        '/ip4/1.2.3.4/tcp/1/ws/p2p/X',
        '/ip4/1.2.3.4/tcp/1/ws/p2p/X/p2p-circuit/p2p/Y',
        '/ip4/1.2.3.4/udp/1/webrtc-direct',
      ],
      reservations: () => 2,
      jobs: () => ['running', 'completed', 'completed'],
      activeJobs: () => 1,
      coordinator: () => ({ peerId: PEER, epoch: 3, term: 7, voters: ['a', 'b', 'c'] }),
      memory: () => ({
        totalBytes: null,
        freeBytes: null,
        source: 'limits',
        limitBytes: 1000,
        usedBytes: 10,
        maxBufferSize: 1,
        maxStorageBufferBindingSize: 1,
      }),
      storeBytes: async () => 4096,
      refused: () => new Map([...REFUSALS.map((reason) => [reason, 0] as const), ['FORGED_CLAIM', 3]]),
    })
  })
  afterEach(() => metrics.stop())

  const lines = async (): Promise<string[]> => (await metrics.text()).text.split('\n')

  it('tell the mesh as it is when asked', async () => {
    const all = await lines()
    for (const line of [
      'cyxwiz_peers{kind="browser"} 2',
      'cyxwiz_connections{transport="relayed"} 1',
      'cyxwiz_connections{transport="webrtc-direct"} 1',
      'cyxwiz_connections{transport="ws"} 1',
      'cyxwiz_jobs{state="completed"} 2',
      'cyxwiz_jobs{state="failed"} 0',
      'cyxwiz_coordinator_epoch 3',
      'cyxwiz_coordinator_term 7',
      'cyxwiz_is_coordinator 1',
      'cyxwiz_gpu_memory_used_bytes 10',
      'cyxwiz_gpu_memory_limit_bytes 1000',
      'cyxwiz_store_blob_bytes 4096',
      'cyxwiz_refused_messages_total{reason="FORGED_CLAIM"} 3',
      'cyxwiz_refused_messages_total{reason="STALE_FENCE"} 0',
    ]) {
      expect(all).toContain(line)
    }
    expect(all.some((line) => line.startsWith('process_resident_memory_bytes '))).toBe(true)
  })

  it('count rounds, and bytes of training through attempts that start from zero', async () => {
    const round = (committed: boolean): JobRoundEvent => ({
      event: 'job.round',
      jobId: JOB,
      round: 1,
      committed,
      members: [PEER],
      samples: 1,
      thetaHash: '',
      seconds: 2,
      bytes: 5,
    })
    const progress = (bytesSent: number, bytesReceived: number): JobProgressEvent => ({
      event: 'job.progress',
      jobId: JOB,
      step: 1,
      round: 1,
      epoch: 1,
      samples: 1,
      loss: 1,
      samplesPerSecond: 1,
      peers: 1,
      bytesSent,
      bytesReceived,
      memoryBytes: 1,
    })
    metrics.onEvent(round(true))
    metrics.onEvent(round(false))
    metrics.onEvent(progress(100, 10))
    metrics.onEvent(progress(150, 20))
    metrics.onEvent(progress(30, 5))
    const all = await lines()
    for (const line of [
      'cyxwiz_rounds_total{outcome="committed"} 1',
      'cyxwiz_rounds_total{outcome="failed"} 1',
      'cyxwiz_round_duration_seconds_sum 2',
      'cyxwiz_training_bytes_total{direction="sent"} 180',
      'cyxwiz_training_bytes_total{direction="received"} 25',
    ]) {
      expect(all).toContain(line)
    }
  })

  it('have no peer and no job in their labels', async () => {
    metrics.onEvent({ event: 'peer.joined', peerId: PEER })
    const { text } = await metrics.text()
    expect(text).not.toContain(PEER)
    expect(text).not.toContain(JOB)
  })
})
