import type { GossipSub, Message } from '@chainsafe/libp2p-gossipsub'
import type { Logger, PeerId } from '@libp2p/interface'
import { describe, expect, it } from 'vitest'
import type { JobProgressEvent } from '../../../protocol/events/types.ts'
import { type WatchedJobs, Watchers } from '../../../protocol/jobs/watch.ts'

const JOB = '0123456789abcdef0123456789abcdef'
const log = (() => {}) as unknown as Logger
const offences = { report: () => {} }

const progress = (step: number): JobProgressEvent => ({
  event: 'job.progress',
  jobId: JOB,
  step,
  round: 1,
  epoch: 1,
  samples: step,
  loss: 1,
  samplesPerSecond: 1,
  peers: 1,
  bytesSent: 0,
  bytesReceived: 0,
  memoryBytes: 0,
  totalSteps: 100,
})

/** As much of gossip as topics use: what is published is kept, and heard when the test says so. */
class Gossip extends EventTarget {
  readonly topicValidators = new Map<string, (peer: PeerId, message: Message) => Promise<unknown>>()
  readonly published: { topic: string; data: Uint8Array }[] = []
  subscribe(): void {}
  unsubscribe(): void {}
  async publish(topic: string, data: Uint8Array): Promise<void> {
    this.published.push({ topic, data })
  }
  async hear(from: string, event: JobProgressEvent): Promise<void> {
    const speaker = new Watchers('mesh', NOBODYS, { pubsub: this as unknown as GossipSub, log, offences })
    await speaker.publish(event, false)
    const { topic, data } = this.published.at(-1) as { topic: string; data: Uint8Array }
    const peer = { toString: () => from } as PeerId
    const message = { type: 'signed', topic, data, from: peer } as Message
    await this.topicValidators.get(topic)?.(peer, message)
    this.dispatchEvent(new CustomEvent('message', { detail: message }))
  }
}

const NOBODYS: WatchedJobs = { own: () => false, record: () => undefined }

/** What somebody who watches `jobs` hears, as `peer step`. */
function watching(jobs: WatchedJobs): { gossip: Gossip; heard: string[]; watchers: Watchers } {
  const gossip = new Gossip()
  const watchers = new Watchers('mesh', jobs, { pubsub: gossip as unknown as GossipSub, log, offences })
  const heard: string[] = []
  watchers.watchMembers(JOB, (peerId, { step }) => heard.push(`${peerId} ${step}`))
  return { gossip, heard, watchers }
}

describe('figures of a job that others tell', () => {
  it('are heard from its members, up to its last step', async () => {
    const members = [{ peerId: 'a', share: 4 }]
    const { gossip, heard, watchers } = watching({ own: () => false, record: () => ({ members, totalSteps: 100 }) })
    await gossip.hear('a', progress(7))
    await gossip.hear('stranger', progress(8))
    await gossip.hear('a', progress(101))
    await gossip.hear('a', progress(100))
    expect(heard).toEqual(['a 7', 'a 100'])
    expect(watchers.lastProgress(JOB)?.step).toBe(100)
  })

  it('are heard from anybody while nobody knows who the members are', async () => {
    const { gossip, heard } = watching(NOBODYS)
    await gossip.hear('a', progress(7))
    const early = watching({ own: () => false, record: () => ({ members: [], totalSteps: 100 }) })
    await early.gossip.hear('b', progress(1))
    expect([heard, early.heard]).toEqual([['a 7'], ['b 1']])
  })
})
